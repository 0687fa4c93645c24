"""The running session: inbox → decide → append → publish; resume, presence, timers."""
