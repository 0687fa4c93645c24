"""What waits for a client that reads too slowly: bounded, and the ephemeral goes first."""

from __future__ import annotations

from collections import deque


class SendQueue:
    """Frames in order, each either to be kept or ephemeral (typing, levels, partial results)."""

    __slots__ = ("_ephemeral", "_frames", "size")

    def __init__(self) -> None:
        self._frames: deque[tuple[bytes, bool]] = deque()
        self._ephemeral = 0
        self.size = 0
        """Bytes waiting."""

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes, ephemeral: bool, max_bytes: int, max_frames: int) -> bool:
        """Add a frame; False where a frame that must not be dropped has no room.

        An empty queue takes a frame of any size. When room is short, ephemeral frames go: the new one if it is
        ephemeral, otherwise all that wait.
        """
        if not self._has_room(frame, max_bytes, max_frames):
            if ephemeral:
                return True
            self._drop_ephemeral()
            if not self._has_room(frame, max_bytes, max_frames):
                return False
        self.append(frame, ephemeral)
        return True

    def append(self, frame: bytes, ephemeral: bool = False) -> None:
        """Add a frame whatever waits already."""
        self._frames.append((frame, ephemeral))
        self._ephemeral += ephemeral
        self.size += len(frame)

    def pop(self) -> bytes:
        """Take the oldest frame; IndexError where there is none."""
        frame, ephemeral = self._frames.popleft()
        self._ephemeral -= ephemeral
        self.size -= len(frame)
        return frame

    def _has_room(self, frame: bytes, max_bytes: int, max_frames: int) -> bool:
        return not self._frames or (self.size + len(frame) <= max_bytes and len(self._frames) < max_frames)

    def _drop_ephemeral(self) -> None:
        if self._ephemeral:
            self._frames = deque(entry for entry in self._frames if not entry[1])
            self._ephemeral = 0
            self.size = sum(len(frame) for frame, _ in self._frames)
