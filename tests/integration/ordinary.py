"""What jobs ordinarily do with the standard library and others, a line each."""

# ruff: noqa: E501, SIM905 (a list to be read as one)

from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType
from typing import Any

from frappe_celery.worker.state.restoring import WarmState

MODULES = """
abc argparse array asyncio base64 bisect bz2 calendar cmath collections colorsys concurrent.futures
configparser contextlib contextvars copy csv ctypes dataclasses datetime dateutil.parser
dateutil.relativedelta decimal difflib dis email.message email.mime.text email.mime.multipart
email.utils enum errno fileinput fnmatch fractions functools gc getpass gettext glob graphlib gzip
hashlib heapq hmac html html.parser http.client http.cookies http.server inspect io ipaddress
itertools jinja2 jinja2.sandbox json keyword linecache locale logging logging.handlers lzma markdown math mimetypes
multiprocessing multiprocessing.pool num2words numbers operator os os.path pathlib pickle pkgutil
platform plistlib pprint psutil pytz queue quopri random re redis reprlib requests sched secrets
select selectors shelve shlex shutil signal smtplib socket socketserver sqlite3 sqlparse ssl
statistics string stringprep struct subprocess sys tarfile tempfile textwrap threading time timeit
tokenize traceback types typing unicodedata unittest.mock urllib.error urllib.parse urllib.request
uuid warnings weakref xml.dom.minidom xml.etree.ElementTree yaml zipfile zlib zoneinfo
""".split()

OPERATIONS = r"""
json.loads(json.dumps({"a": [1, 2.5, None]}, indent=1, default=str))
re.sub(r"(\w+)@(\w+)", r"\2", "a@b" * 10); re.purge()
datetime.datetime.now(datetime.timezone.utc).isoformat()
datetime.datetime.strptime("2026-01-31 10:00", "%Y-%m-%d %H:%M")
time.strptime("31 Jan 2026", "%d %b %Y")
dateutil.parser.parse("31 January 2026 10:00")
dateutil.relativedelta.relativedelta(months=1) + datetime.date(2026, 1, 31)
zoneinfo.ZoneInfo("Asia/Kolkata").utcoffset(datetime.datetime(2026, 1, 1))
pytz.timezone("Europe/Berlin").localize(datetime.datetime(2026, 1, 1))
calendar.monthcalendar(2026, 1); calendar.setfirstweekday(0)
locale.setlocale(locale.LC_ALL, "C"); locale.format_string("%d", 1000, grouping=True)
decimal.Decimal("1.10").quantize(decimal.Decimal("0.1"))
exec("with decimal.localcontext() as c:\n    c.prec = 5\n    decimal.Decimal(1) / 3")
fractions.Fraction(1, 3) + 1
random.seed(1); random.random(); random.shuffle([1, 2]); random.Random(1).random()
secrets.token_hex(); uuid.uuid4(); uuid.uuid1(); uuid.getnode()
hashlib.sha256(b"a").hexdigest(); hmac.new(b"a", b"b", "sha1").digest(); hashlib.new("md5")
base64.b64encode(b"a"); quopri.encodestring(b"\xff")
csv.writer(io.StringIO()).writerow([1, "a"]); csv.field_size_limit(200_000)
list(csv.DictReader(io.StringIO("a,b\n1,2"))); csv.Sniffer().sniff("a;b\n1;2\n")
sqlite3.connect(":memory:").execute("select 1").fetchall()
sqlite3.register_adapter(fractions.Fraction, str)
subprocess.run(["true"], check=True); subprocess.check_output("echo 1", shell=True)
subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE).communicate(b"a")
smtplib.SMTP("127.0.0.1", mail).sendmail("a@b.c", ["d@e.f"], "Subject: x\n\ny")
requests.get(site, timeout=5).text; requests.post(site, json={}, timeout=5).status_code
exec("with requests.Session() as s:\n    s.headers['a'] = 'b'\n    s.get(site, timeout=5)")
requests.adapters.HTTPAdapter(max_retries=3); requests.utils.default_headers()
urllib.request.urlopen(site, timeout=5).read(); urllib.parse.quote("a b")
urllib.parse.urlencode({"a": 1}); urllib.parse.urlsplit("http://a.b/c?d#e").geturl()
urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(site, timeout=5)
urllib.request.install_opener(urllib.request.build_opener()); urllib.request.getproxies()
exec("c = http.client.HTTPConnection(host)\nc.request('GET', '/')\nc.getresponse().read()\nc.close()")
http.cookies.SimpleCookie("a=b"); http.client.responses[200]
ssl.create_default_context(); ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_default_certs()
socket.create_connection(("127.0.0.1", mail)).close(); socket.getaddrinfo("localhost", 80)
socket.gethostname(); socket.getfqdn(); socket.socketpair()[0].close()
asyncio.run(asyncio.sleep(0)); asyncio.run(asyncio.wait_for(asyncio.sleep(0), 1))
exec("l = asyncio.new_event_loop()\nl.run_until_complete(asyncio.sleep(0))\nl.close()")
exec("async def f():\n    await asyncio.gather(*map(asyncio.to_thread, [len] * 3, ['a'] * 3))\nasyncio.run(f())")
exec("with concurrent.futures.ThreadPoolExecutor(3) as p:\n    list(p.map(len, ['a'] * 9))")
exec("with multiprocessing.pool.ThreadPool(2) as p:\n    p.map(len, ['a'] * 9)")
exec("t = threading.Thread(target=len, args=('a',))\nt.start()\nt.join()"); threading.local().a = 1
exec("t = threading.Timer(0, len, ('a',))\nt.start()\nt.join()"); threading.Lock().acquire()
queue.Queue().put(1); sched.scheduler().run(); select.select([], [], [], 0)
selectors.DefaultSelector().close(); signal.getsignal(signal.SIGTERM)
logging.getLogger("an.app").info("text"); logging.getLogger("an.app").setLevel("INFO")
logging.basicConfig(); logging.getLogger("x").addHandler(logging.NullHandler())
logging.handlers.RotatingFileHandler("log", maxBytes=9).close(); logging.addLevelName(15, "NOTE")
logging.getLogger("an.app").exception("text"); logging.LoggerAdapter(logging.getLogger(), {})
exec("m = email.mime.multipart.MIMEMultipart()\nm.attach(email.mime.text.MIMEText('a', 'html', 'utf-8'))\nm.as_string()")
exec("m = email.message.EmailMessage()\nm['To'] = 'a@b.c'\nm.set_content('ä')\nm.as_bytes()")
email.message_from_string("Subject: =?utf-8?q?=C3=A4?=\n\na"); email.utils.formatdate(); email.utils.make_msgid()
mimetypes.guess_type("a.pdf"); mimetypes.guess_extension("text/html"); mimetypes.guess_all_extensions("text/plain")
html.escape("<"); html.unescape("&amp;"); html.parser.HTMLParser().feed("<p>a")
xml.etree.ElementTree.fromstring("<a><b/></a>").find("b"); xml.dom.minidom.parseString("<a/>").toxml()
xml.etree.ElementTree.register_namespace("x", "urn:x")
yaml.safe_load("a: [1, 2]"); yaml.dump({"a": 1}); plistlib.dumps({"a": 1})
configparser.ConfigParser().read_string("[a]\nb=1"); argparse.ArgumentParser().parse_args([])
pickle.loads(pickle.dumps({"a": datetime.date(2026, 1, 1)})); copy.deepcopy({"a": [1]})
exec("with shelve.open('shelf') as s:\n    s['a'] = 1"); struct.pack("<I", 1); array.array("i", [1])
gzip.decompress(gzip.compress(b"a")); bz2.compress(b"a"); lzma.compress(b"a"); zlib.crc32(b"a")
exec("with zipfile.ZipFile('a.zip', 'w') as z:\n    z.writestr('a', 'b')"); zipfile.ZipFile("a.zip").namelist()
exec("with tarfile.open('a.tar', 'w') as t:\n    t.add('a.zip')"); tarfile.open("a.tar").close()
tempfile.TemporaryDirectory().cleanup(); tempfile.NamedTemporaryFile().close(); tempfile.gettempdir()
tempfile.mkstemp(dir="."); tempfile.SpooledTemporaryFile().close(); shutil.make_archive("b", "zip", ".")
pathlib.Path("x").write_text("a"); pathlib.Path(".").resolve(); list(pathlib.Path(".").glob("*"))
glob.glob("*"); fnmatch.fnmatch("a", "*"); list(os.walk(".")); os.path.getsize("x"); os.stat("x")
shutil.copy("x", "y"); shutil.which("sh"); shutil.disk_usage("."); os.environ.get("PATH")
list(fileinput.input("x")); linecache.getline("x", 1); linecache.checkcache(); tokenize.open("x").close()
platform.platform(); platform.uname(); platform.node(); getpass.getuser(); os.cpu_count(); os.getloadavg()
psutil.Process().memory_info(); psutil.cpu_percent(); psutil.virtual_memory()
gettext.gettext("a"); gettext.translation("a", fallback=True); stringprep.in_table_a1("a")
textwrap.wrap("a b" * 50); difflib.unified_diff(["a"], ["b"]); difflib.get_close_matches("a", ["ab"])
string.Template("$a").substitute(a=1); "{:,}".format(10 ** 6); unicodedata.normalize("NFD", "ä")
math.sqrt(2); cmath.sqrt(-1); statistics.stdev([1, 2, 4]); colorsys.rgb_to_hls(0, 0, 1); operator.add(1, 1)
heapq.nsmallest(1, [2, 1]); bisect.insort([1, 3], 2); list(itertools.permutations("abc"))
collections.Counter("aab").most_common(); collections.OrderedDict(a=1); collections.namedtuple("N", "a b")(1, 2)
collections.ChainMap({}, {})["a"] = 1; collections.UserDict(a=1); graphlib.TopologicalSorter({1: [2]}).prepare()
functools.lru_cache(len)("a"); functools.partial(len)("a"); functools.reduce(operator.add, [1, 2])
exec("@functools.singledispatch\ndef f(a):\n    return a\nf.register(int, str)\nf(1)")
exec("@dataclasses.dataclass\nclass D:\n    a: int = 1\ndataclasses.asdict(D())"); enum.Enum("E", "A B")("A" and 1)
exec("class N(typing.NamedTuple):\n    a: int\ntyping.get_type_hints(N)"); typing.Optional[typing.List[int]]
exec("class P(typing.Protocol):\n    def f(self): ...\nclass C(P): pass\nC()"); typing.cast(int, 1)
exec("class A(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\nA.register(int)"); types.SimpleNamespace(a=1)
inspect.signature(json.dumps); inspect.getsource(json.dumps); inspect.stack(); dis.dis(json.dumps, file=io.StringIO())
exec("try:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.format_exc()"); traceback.format_stack()
exec("with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    warnings.warn('a')")
exec("with contextlib.redirect_stdout(io.StringIO()):\n    print('a')"); contextvars.copy_context().run(len, "a")
exec("with unittest.mock.patch('json.dumps'):\n    json.dumps(1)\n"); unittest.mock.MagicMock().a.b()
weakref.WeakValueDictionary(); weakref.finalize(threading.Event(), len, "a").detach(); gc.collect()
ctypes.CDLL(None).getpid(); ctypes.create_string_buffer(9); ipaddress.ip_network("10.0.0.0/8")
timeit.timeit("1", number=1); pprint.pformat({"a": 1}); reprlib.repr("a" * 99); shlex.split("a 'b c'")
list(pkgutil.iter_modules(["."])); keyword.iskeyword("if"); errno.errorcode[2]; numbers.Number; sys.getsizeof(1)
importlib.import_module("wave"); importlib.import_module("imaplib"); importlib.import_module("xmlrpc.client")
importlib.import_module("sqlite3.dump"); importlib.import_module("unittest"); importlib.import_module("cProfile")
jinja2.Environment(autoescape=True).from_string("{{ a|upper }}{% for b in c %}{{ b }}{% endfor %}").render(a="b", c=[1])
jinja2.Template("{{ now() }}").render(now=datetime.datetime.now); jinja2.sandbox.SandboxedEnvironment()
markdown.markdown("# a\n\n| a |\n|---|\n| b |", extensions=["tables", "fenced_code"]); sqlparse.format("select 1", reindent=True)
num2words.num2words(1234, lang="en_IN"); num2words.num2words(12.5, to="currency", lang="de")
redis.Redis.from_url("redis://127.0.0.1:1", socket_timeout=1); redis.ConnectionPool()
socketserver.TCPServer(("127.0.0.1", 0), None).server_close()
""".strip().splitlines()


def told(servers: dict[str, Any]) -> list[str]:
    """Names that all of it, done twice, seems to have changed."""
    names: list[str] = []
    state = WarmState(["no_app"], (), lambda name, job: names.append(name))
    state.begin()
    for _ in range(2):
        for number, line in enumerate(OPERATIONS):
            run(line, servers)
            if number % 10 == 0:
                assert state.put_everything_back("operations")
        assert state.put_everything_back("operations")
    return names


def run(line: str, servers: dict[str, Any]) -> None:
    """Its statements, which may write into the working directory."""
    names = {**servers, **{name.partition(".")[0]: _root(name) for name in MODULES}}
    exec(line, {**names, "__name__": __name__, "importlib": importlib})


def _root(name: str) -> ModuleType:
    importlib.import_module(name)
    return importlib.import_module(name.partition(".")[0])


if __name__ == "__main__":
    print("told", told(json.loads(sys.argv[1])))
