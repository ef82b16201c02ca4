"""What is left on some of a method's jobs only, or in a way that its code does not tell of."""

import functools
import gc
import threading
import weakref

import frappe
from lookout import beyond, way


class Client:
    def __init__(self):
        self.token = None
        self.tokens = []


class Model:
    token = None


SECOND, THIRD, FOR_ONE, FOR_SOME = Client(), Client(), Client(), Client()
TREE = {"of": {"tokens": []}}
FAILING, INTERRUPTED, BY_THREAD, GENERIC, AT_END, AFTER_COMMIT = (
    *(Client(), Client(), Client()),
    *(Client(), Client(), Client()),
)
DOTTED, BY_LAMBDA = Client(), Client()


def number_of(tenant):
    """Which job of the method this is."""
    return int(tenant.rpartition("/")[2])


# -- on the second job, for one argument


@way(lambda: SECOND.token, leaves_from=2)
def on_the_second_job(tenant):
    if number_of(tenant) >= 2:
        SECOND.token = tenant


@way(lambda: Model.token, leaves_from=2)
def of_a_class_on_the_second_job(tenant):
    if number_of(tenant) >= 2:
        Model.token = tenant


@way(lambda: TREE["of"]["tokens"], leaves_from=2)
def deeply_on_the_second_job(tenant):
    if number_of(tenant) >= 2:
        TREE["of"]["tokens"].append(tenant)


@way(lambda: THIRD.tokens, leaves_from=3)
def on_the_third_job(tenant):
    if number_of(tenant) >= 3:
        THIRD.tokens.append(tenant)


@way(lambda: FOR_ONE.token, leaves_from=2)
def for_one_argument_alone(tenant):
    FOR_ONE.token = {"north/2": tenant}.get(tenant)


@way(lambda: FOR_SOME.token, leaves_from=2)
def for_some_arguments_on_the_same_line(tenant):
    FOR_SOME.token = tenant if number_of(tenant) >= 2 else None


@way(lambda: getattr(chosen, "token", None), leaves_from=2)
def in_a_branch_of_a_helper(tenant):
    helper(number_of(tenant) >= 2, tenant)


def helper(leaves, tenant):
    if leaves:
        chosen.token = tenant


def chosen():
    pass


CALLED = Client()


def forget(tenant):
    pass


def remember(tenant):
    CALLED.token = tenant


@way(lambda: CALLED.token, leaves_from=2)
def by_another_function_that_it_is_told(tenant):
    name = "remember" if number_of(tenant) >= 2 else "forget"
    frappe.get_attr(f"ways_app.seldom.{name}")(tenant)


# -- by a job that fails


@way(lambda: FAILING.token)
def before_it_raises(tenant):
    FAILING.token = tenant
    raise ValueError("on purpose")


@way(lambda: INTERRUPTED.tokens)
def while_it_handles_an_error(tenant):
    try:
        raise ValueError
    except ValueError:
        INTERRUPTED.tokens.append(tenant)
        raise


# -- out of sight of its own code


def _run(function, *words):
    function(*words)


@way(lambda: GENERIC.token)
def by_a_generic_method(tenant):
    _run(setattr, GENERIC, "token", tenant)


@way(lambda: BY_THREAD.token)
def by_a_thread_that_has_ended(tenant):
    thread = threading.Thread(target=setattr, args=(BY_THREAD, "token", tenant))
    thread.start()
    thread.join()


@way(lambda: DOTTED.token)
def by_a_dotted_path(tenant):
    setattr(frappe.get_attr("ways_app.seldom.DOTTED"), "token", tenant)  # noqa: B010


@way(lambda: BY_LAMBDA.tokens)
def by_a_function_made_in_the_job(tenant):
    exec("def leave(client, tenant): client.tokens.append(tenant)", scope := {})
    scope["leave"](BY_LAMBDA, tenant)


class Ending:
    def __init__(self, tenant):
        self.tenant = tenant
        self.me = self

    def __del__(self):
        AT_END.token = self.tenant


@beyond(lambda: (gc.collect(), AT_END.token)[1])
def by_a_finalizer_that_runs_later(tenant):
    Ending(tenant)


FINALIZED = Client()


class _Held:
    pass


@beyond(lambda: FINALIZED.token)
def by_a_weak_callback(tenant):
    held = _Held()
    weakref.finalize(held, functools.partial(setattr, FINALIZED, "token", tenant))


@way(lambda: AFTER_COMMIT.token)
def after_the_commit(tenant):
    frappe.db.after_commit.add(functools.partial(setattr, AFTER_COMMIT, "token", tenant))


# -- in a module that a job imports


def _late(name, way_of):
    import sys

    module = sys.modules.get(f"ways_app.{name}")
    return module and way_of(module)


@way(lambda: _late("late", lambda late: late.TOKEN))
def in_a_module_that_the_job_imports(tenant):
    from ways_app import late

    late.TOKEN = tenant


@way(lambda: _late("later", lambda later: later.client.token))
def in_an_object_of_a_module_that_the_job_imports(tenant):
    from ways_app import later

    later.client.token = tenant


@way(lambda: _late("latest", lambda latest: latest.remember.__defaults__[0]))
def in_a_default_of_a_module_that_the_job_imports(tenant):
    from ways_app import latest

    latest.remember.__defaults__[0].append(tenant)
