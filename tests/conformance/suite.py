"""Kubernetes' compiled test suite: which tests it has, and one of them run in a process of its own."""
import os
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field

# How long a test may take. Many wait for minutes by design: a test of probes for four, of volumes for five.
LIMIT_SECONDS = 8 * 60
LONG_LIMIT_SECONDS = 15 * 60


@dataclass
class Requirement:
    """A test of the conformance suite. `codename` is its full name, by which it is chosen."""
    codename: str
    testname: str = ''

    @property
    def area(self):
        found = re.match(r'\[sig-([a-z-]+)\]', self.codename)
        return found.group(1) if found else 'other'

    @property
    def alone(self):
        return '[Serial]' in self.codename or '[Disruptive]' in self.codename

    @property
    def limit_seconds(self):
        return LONG_LIMIT_SECONDS if self.alone or '[Slow]' in self.codename else LIMIT_SECONDS


@dataclass
class Outcome:
    requirement: Requirement
    state: str  # passed, failed or skipped
    seconds: float = 0.0
    reason: str = ''  # of failed and skipped
    tries: int = 1
    testcase: object = None  # the junit element, where there is one
    log: str = field(default='', repr=False)  # the file with its output


def requirements(program):
    """All tests of conformance, in the order of the suite's own list."""
    import yaml  # Debian's python3-yaml
    text = subprocess.run([program, '--list-conformance-tests'], capture_output=True, text=True, check=True).stdout
    return [Requirement(entry['codename'], entry['testname']) for entry in yaml.safe_load(text)]


class Suite:
    """Runs tests against one cluster. `inside` is the command line before a command that reaches it."""

    def __init__(self, program, kubectl, kubernetes, inside, kubeconfig, folder):
        self.program, self.kubectl, self.kubernetes = program, kubectl, kubernetes
        self.inside, self.kubeconfig, self.folder = inside, kubeconfig, folder
        self.running = set()

    def command(self, requirement, report):
        return [
            *self.inside, self.program, f'--kubeconfig={self.kubeconfig}', '--provider=skeleton', '--num-nodes=2',
            f'--kubectl-path={self.kubectl}', f'--repo-root={self.kubernetes}', f'--report-dir={report}',
            '--system-daemonsets-startup-timeout=5s', '--ginkgo.no-color', '--ginkgo.v',
            f'--ginkgo.timeout={requirement.limit_seconds}s', '--ginkgo.grace-period=20s',
            # Before its name stands that of the suite, behind it are labels.
            f'--ginkgo.focus={re.escape(requirement.codename)}']

    def run(self, requirement, number):
        report = os.path.join(self.folder, 'tests', f'{number:03}')
        os.makedirs(report, exist_ok=True)
        log = os.path.join(report, 'output.log')
        begin = time.monotonic()
        with open(log, 'wb') as output:
            process = subprocess.Popen(self.command(requirement, report), stdout=output, stderr=subprocess.STDOUT,
                                       stdin=subprocess.DEVNULL, start_new_session=True,
                                       env={**os.environ, 'TMPDIR': report})
            self.running.add(process)
            try:
                process.wait(requirement.limit_seconds + 60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            finally:
                self.running.discard(process)
        outcome = self.read(requirement, report, process.returncode)
        outcome.seconds, outcome.log = time.monotonic() - begin, log
        return outcome

    def stop(self):
        for process in list(self.running):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    @staticmethod
    def read(requirement, report, code):
        try:
            cases = xml.parse(os.path.join(report, 'junit_01.xml')).getroot().iter('testcase')
        except (OSError, xml.ParseError):
            return Outcome(requirement, 'failed', reason=f'the suite left no report; it ended with status {code}')
        setup_failure = None
        for case in cases:
            failure = case.find('failure')
            failure = failure if failure is not None else case.find('error')
            if requirement.codename not in case.get('name', ''):
                setup_failure = failure if failure is not None else setup_failure
                continue
            skipped = case.find('skipped')
            if failure is not None:
                return Outcome(requirement, 'failed', reason=one_line(failure), testcase=case)
            if skipped is not None and setup_failure is None:
                return Outcome(requirement, 'skipped', reason=one_line(skipped), testcase=case)
            if skipped is None:
                return Outcome(requirement, 'passed', testcase=case)
        if setup_failure is not None:
            return Outcome(requirement, 'failed', reason='before the test: ' + one_line(setup_failure))
        return Outcome(requirement, 'failed', reason='the suite has no test of this name')


def one_line(element):
    """What a failure says, without what is only its place in the suite's sources."""
    text = element.text or element.get('message') or ''
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(('goroutine ', 'k8s.io/', '/', 'In [', 'There were additional'))]
    return ' '.join(lines)[:400]
