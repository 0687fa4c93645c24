"""python-socketio on uvicorn as a rooms server that lets everybody in. usage: uvicorn_server.py PORT"""

import asyncio
import signal
import sys

import uvicorn
from watch import CollectorWatch

import socketio

sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
rooms = {}


@sio.event
async def connect(sid, environ, auth):
    room = str((auth or {}).get("room", 0))
    rooms[sid] = room
    await sio.enter_room(sid, room)


@sio.event
async def disconnect(sid):
    rooms.pop(sid, None)


@sio.event
async def send_message(sid, message):
    return message


@sio.event
async def publish(sid, message):
    await sio.emit("delivery", message, room=rooms[sid])


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        watch = CollectorWatch()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, watch.report)
        print("ready", flush=True)


config = uvicorn.Config(socketio.ASGIApp(sio), port=int(sys.argv[1]), loop="uvloop", log_level="critical", backlog=4096)
Server(config).run()
