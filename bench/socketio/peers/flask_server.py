"""Flask-SocketIO with gevent as a rooms server that lets everybody in. usage: flask_server.py PORT"""

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402
import sys  # noqa: E402

import gevent  # noqa: E402
from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, emit, join_room  # noqa: E402
from watch import CollectorWatch  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")
rooms = {}


@socketio.on("connect")
def connect(auth):
    room = str((auth or {}).get("room", 0))
    rooms[request.sid] = room
    join_room(room)


@socketio.on("disconnect")
def disconnect(*_):
    rooms.pop(request.sid, None)


@socketio.on("send_message")
def send_message(message):
    return message


@socketio.on("publish")
def publish(message):
    emit("delivery", message, to=rooms[request.sid])


watch = CollectorWatch()
gevent.signal_handler(signal.SIGUSR2, watch.report)
gevent.signal_handler(signal.SIGTERM, sys.exit, 0)
gevent.spawn_later(1, lambda: print("ready", flush=True))
socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False)
