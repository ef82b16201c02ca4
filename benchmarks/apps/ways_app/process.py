"""What a process has beside modules: environment, signals, limits, threads, children, `sys`."""

import asyncio
import atexit
import concurrent.futures
import contextlib
import ctypes
import fcntl
import gc
import locale
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc

from lookout import beyond, by_rule, way

try:
    import numpy
except ImportError:
    numpy = None

C = ctypes.CDLL(None)
C.getenv.restype = ctypes.c_char_p
HOME = tempfile.gettempdir()

# -- environment and folder


@way(lambda: os.environ.get("LEFT_TOKEN"))
def environment(tenant):
    os.environ["LEFT_TOKEN"] = tenant


@way(lambda: "PATH" not in os.environ)
def environment_deleted(tenant):
    os.environ.pop("PATH", None)


@way(lambda: C.getenv(b"LEFT_PUT"))
def putenv(tenant):
    os.putenv("LEFT_PUT", tenant)


@way(lambda: os.getcwd() == "/")
def working_directory(tenant):
    os.chdir("/")


def _umask():
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


@way(lambda: _umask() == 0o77)
def umask(tenant):
    os.umask(0o77)


_locale = locale.setlocale(locale.LC_TIME)


@way(lambda: locale.setlocale(locale.LC_TIME) != _locale)
def locale_of_one_category(tenant):
    locale.setlocale(locale.LC_TIME, "C" if _locale == "C.UTF-8" else "C.UTF-8")


@way(lambda: time.tzname[0] == "LEFT")
def time_zone(tenant):
    os.environ["TZ"] = "LEFT-7"
    time.tzset()


@way(lambda: "/left" in sys.path)
def search_path(tenant):
    sys.path.insert(0, "/left")


# -- signals


def _left_handler(*_):
    pass


@way(lambda: signal.getsignal(signal.SIGUSR2) is _left_handler)
def signal_handler(tenant):
    signal.signal(signal.SIGUSR2, _left_handler)


@way(lambda: signal.getsignal(signal.SIGWINCH) is _left_handler)
def handler_of_sigwinch(tenant):
    signal.signal(signal.SIGWINCH, _left_handler)


@way(lambda: signal.getsignal(signal.SIGCHLD) is _left_handler)
def handler_of_sigchld(tenant):
    signal.signal(signal.SIGCHLD, _left_handler)


@beyond(lambda: signal.getsignal(signal.SIGPROF) is _left_handler)
def handler_of_sigprof(tenant):
    signal.signal(signal.SIGPROF, _left_handler)


@way(lambda: signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_BLOCK, []))
def signal_mask(tenant):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])


@way(lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 1800)  # less is a job's own time limit
def alarm(tenant):
    signal.alarm(3600)


@beyond(lambda: signal.getitimer(signal.ITIMER_VIRTUAL)[0])
def virtual_timer(tenant):
    signal.setitimer(signal.ITIMER_VIRTUAL, 36000)


# -- sys


_stdin = sys.stdin


class LeftStream:
    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)


class LeftFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None


def _left_hook(*_):
    pass


@way(lambda: type(sys.stdout) is LeftStream)
def stdout(tenant):
    if type(sys.stdout) is not LeftStream:
        sys.stdout = LeftStream(sys.stdout)


@way(lambda: type(sys.stderr) is LeftStream)
def stderr(tenant):
    if type(sys.stderr) is not LeftStream:
        sys.stderr = LeftStream(sys.stderr)


@beyond(lambda: sys.stdin is not _stdin)
def stdin(tenant):
    sys.stdin = LeftStream(_stdin)


@beyond(lambda: tenant_in(sys.argv))
def arguments(tenant):
    sys.argv.append(f"left-{tenant}")


def tenant_in(words):
    return any(str(word).startswith("left-") for word in words)


@way(lambda: sys.excepthook is _left_hook)
def except_hook(tenant):
    sys.excepthook = _left_hook


@beyond(lambda: sys.unraisablehook is _left_hook)
def unraisable_hook(tenant):
    sys.unraisablehook = _left_hook


@beyond(lambda: threading.excepthook is _left_hook)
def except_hook_of_threads(tenant):
    threading.excepthook = _left_hook


@beyond(lambda: sys.breakpointhook is _left_hook)
def breakpoint_hook(tenant):
    sys.breakpointhook = _left_hook


@way(lambda: LeftFinder in sys.meta_path)
def meta_path(tenant):
    sys.meta_path.append(LeftFinder)


@way(lambda: type(sys.meta_path[0]) is type and sys.meta_path[0].__name__ == "LeftFirst")
def meta_path_first(tenant):
    sys.meta_path.insert(0, type("LeftFirst", (LeftFinder,), {}))


@beyond(lambda: _left_path_hook in sys.path_hooks)
def path_hooks(tenant):
    sys.path_hooks.append(_left_path_hook)


def _left_path_hook(path):
    raise ImportError


@way(lambda: sys.getprofile() is _left_hook)
def profile_function(tenant):
    sys.setprofile(_left_hook)


@way(lambda: sys.gettrace() is _left_hook)
def trace_function(tenant):
    sys.settrace(_left_hook)


@beyond(lambda: threading.gettrace() is _left_hook)
def trace_function_of_threads(tenant):
    threading.settrace(_left_hook)


@beyond(lambda: threading.getprofile() is _left_hook)
def profile_function_of_threads(tenant):
    threading.setprofile(_left_hook)


@way(lambda: sys.getrecursionlimit() == 7777)
def recursion_limit(tenant):
    sys.setrecursionlimit(7777)


@way(lambda: abs(sys.getswitchinterval() - 0.007) < 1e-6)
def switch_interval(tenant):
    sys.setswitchinterval(0.007)


@way(lambda: sys.get_int_max_str_digits() == 7777)
def digits_of_a_text(tenant):
    sys.set_int_max_str_digits(7777)


@beyond(lambda: sys.get_coroutine_origin_tracking_depth() == 7)
def origins_of_coroutines(tenant):
    sys.set_coroutine_origin_tracking_depth(7)


@beyond(lambda: sys.get_asyncgen_hooks().finalizer is _left_hook)
def hooks_of_generators(tenant):
    sys.set_asyncgen_hooks(finalizer=_left_hook)


@beyond(lambda: getattr(sys, "tracebacklimit", None) == 7)
def traceback_limit(tenant):
    sys.tracebacklimit = 7


_writes = sys.dont_write_bytecode


@beyond(lambda: sys.dont_write_bytecode != _writes)
def bytecode(tenant):
    sys.dont_write_bytecode = not _writes


if hasattr(sys, "monitoring"):  # from Python 3.12 on

    @beyond(lambda: sys.monitoring.get_tool(4) == "left")
    def monitoring_tool(tenant):
        if not sys.monitoring.get_tool(4):
            sys.monitoring.use_tool_id(4, "left")


# -- gc and what else Python counts


@way(lambda: not gc.isenabled())
def collector_disabled(tenant):
    gc.disable()


@way(lambda: gc.get_threshold()[0] == 777)
def collector_thresholds(tenant):
    gc.set_threshold(777, 10, 10)


@beyond(lambda: _left_hook in gc.callbacks)
def collector_callbacks(tenant):
    gc.callbacks.append(_left_hook)


@beyond(tracemalloc.is_tracing)
def memory_traced(tenant):
    tracemalloc.start()


@way(lambda: socket.getdefaulttimeout() == 777)
def timeout_of_sockets(tenant):
    socket.setdefaulttimeout(777)


def _seeded(seed):
    return random.Random(seed).getstate()[1][:-1]


@way(lambda: random.getstate()[1][:-1] == _SEEDED)
def random_seed(tenant):
    random.seed(7)


_SEEDED = _seeded(7)

if numpy:

    @way(lambda: (numpy.random.get_state()[1] == numpy.random.RandomState(7).get_state()[1]).all())
    def seed_of_numpy(tenant):
        numpy.random.seed(7)


# -- loops


class LeftLoop(asyncio.SelectorEventLoop):
    pass


def _current_loop():
    with contextlib.suppress(RuntimeError):
        return asyncio.get_event_loop_policy().get_event_loop()
    return None


@way(lambda: type(_current_loop()) is LeftLoop)
def event_loop(tenant):
    asyncio.set_event_loop(LeftLoop())


class LeftPolicy(asyncio.DefaultEventLoopPolicy):
    pass


@beyond(lambda: type(asyncio.get_event_loop_policy()) is LeftPolicy)
def policy_of_event_loops(tenant):
    asyncio.set_event_loop_policy(LeftPolicy())


# -- threads


def _is_running(name):
    return any(thread.name == name for thread in threading.enumerate())


@way(lambda: _is_running("left"))
def thread(tenant):
    threading.Thread(target=time.sleep, args=(300,), name="left", daemon=True).start()


@way(lambda: _is_running("left-timer"))
def timer(tenant):
    one = threading.Timer(300, print)
    one.name, one.daemon = "left-timer", True
    one.start()


POOLS = []


@way(lambda: POOLS or any(t.name.startswith("left-pool") for t in threading.enumerate()))
def pool_of_threads(tenant):
    POOLS.append(concurrent.futures.ThreadPoolExecutor(1, "left-pool"))
    POOLS[-1].submit(print, end="").result()


# -- children


def _children(of):
    found = []
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children") as children:
            found += children.read().split()
    commands = []
    for pid in found:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as command:
            commands.append(command.read().replace("\0", " ").strip())
    return of in commands


def _start(seconds, **options):
    subprocess.Popen(["sleep", seconds], executable="/bin/sleep", **options)
    while not _children(f"sleep {seconds}"):
        time.sleep(0.001)


@way(lambda: _children("sleep 301"))
def child(tenant):
    _start("301")


@way(lambda: _children("sleep 302"))
def child_of_a_session_of_its_own(tenant):
    _start("302", start_new_session=True)


@beyond(lambda: _zombies())
def child_that_nobody_waits_for(tenant):
    pid = os.posix_spawn("/bin/true", ["left-true"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _zombies():
    with contextlib.suppress(ChildProcessError):
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    return None


# -- files and locks of the system


@beyond(lambda: any(_points_to(fd) for fd in os.listdir("/proc/self/fd")))
def open_file(tenant):
    os.open("/dev/full", os.O_RDONLY)


def _points_to(fd):
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/self/fd/{fd}") == "/dev/full"
    return False


_LOCK_FILE = f"{HOME}/ways_app-{os.getpid()}.lock"


def _is_locked():
    with open(_LOCK_FILE, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


@beyond(_is_locked)
def file_locked(tenant):
    file = os.open(_LOCK_FILE, os.O_RDWR | os.O_CREAT)
    with contextlib.suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# -- limits


@way(lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 777)
def soft_limit(tenant):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, hard))


@way(lambda: resource.getrlimit(resource.RLIMIT_SIGPENDING)[1] == 777)
def hard_limit(tenant):
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (777, 777))


_nice = os.nice(0)


@way(lambda: os.nice(0) > _nice)
def nice(tenant):
    os.nice(1)


_processors = os.sched_getaffinity(0)


@beyond(lambda: os.sched_getaffinity(0) != _processors)
def processors(tenant):
    os.sched_setaffinity(0, sorted(_processors)[:1])


# -- what cannot be seen

IN_C = "state in C, which cannot be seen"
_callbacks = atexit._ncallbacks()


@by_rule(lambda: atexit._ncallbacks() > _callbacks, IN_C)
def at_exit(tenant):
    atexit.register(_left_hook)


@by_rule(lambda: b"left" in _thread_name(), IN_C)
def name_of_the_process(tenant):
    C.prctl(15, b"left", 0, 0, 0)


def _thread_name():
    with open("/proc/self/comm", "rb") as file:
        return file.read()
