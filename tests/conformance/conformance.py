"""Kubernetes' own conformance tests against a cluster of two nodes on this machine.

Builds the unmodified suite and the images it names (prepare.sh), starts a server and two nodes in network namespaces
(tests/cluster/up.sh), runs one process a test, and takes everything away again.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import registry
import report
import suite

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PASSING = os.path.join(HERE, 'passing.txt')
STATES = os.path.join(ROOT, 'docs', 'conformance.md')
UP = os.path.join(ROOT, 'tests', 'cluster', 'up.sh')
# Of the twelve minutes that CI has for the suite: what is planned, and when no further test is begun.
CI_PLANNED_SECONDS, CI_LAST_START_SECONDS = 8 * 60, 11 * 60
MOST_TRIES = 3  # of a test that has passed before


def parse_arguments():
    parser = argparse.ArgumentParser(prog='./test --conformance', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--focus', metavar='REGEX', help='only the tests whose name matches')
    parser.add_argument('--list', action='store_true', help='print the names of those tests and run none')
    parser.add_argument('--jobs', type=int, default=10, metavar='N', help='tests at once (default: 10); most of them wait')
    parser.add_argument('--passing', action='store_true', help='only those that have passed before (passing.txt)')
    parser.add_argument('--ci', action='store_true',
                        help='a part of those that have passed, another with each commit, that takes ten minutes')
    parser.add_argument('--build', metavar='FOLDER', default=os.path.join(ROOT, 'build', 'conformance'),
                        help='where everything is made (default: build/conformance)')
    parser.add_argument('--config', metavar='FILE', help='more configuration for the server and the nodes')
    arguments = parser.parse_args()
    if arguments.jobs < 1 or arguments.jobs > 64:
        parser.error('--jobs takes a number from 1 to 64')
    if arguments.focus:
        try:
            re.compile(arguments.focus)
        except re.error as problem:
            parser.error(f'--focus {arguments.focus}: {problem}')
    return arguments


def read_passing():
    """{name: seconds that it took}."""
    try:
        with open(PASSING) as file:
            rows = (line.rstrip('\n').split('\t', 1) for line in file if '\t' in line and not line.startswith('#'))
            return {name: float(seconds) for seconds, name in rows}
    except FileNotFoundError:
        return {}


def write_passing(passing):
    with open(PASSING, 'w') as file:
        file.write('# Tests of the conformance suite that pass, each after the seconds that it took. A run adds to them and takes\n'
                   '# none away: one of them that fails, fails the run.\n')
        for name, seconds in sorted(passing.items()):
            file.write(f'{seconds:.0f}\t{name}\n')


def commit_number():
    said = subprocess.run(['git', '-C', ROOT, 'rev-list', '--count', 'HEAD'], capture_output=True, text=True)
    return int(said.stdout) if said.returncode == 0 else 0


def part_for_ci(chosen, passing, jobs):
    """As many as the time allows, beginning at another place with each commit, so that all of them come round."""
    if not chosen:
        return []
    part, planned, begin = [], 0.0, commit_number() * 37 % len(chosen)
    for requirement in chosen[begin:] + chosen[:begin]:
        cost = passing[requirement.codename]
        planned += cost if requirement.alone else cost / jobs
        if planned > CI_PLANNED_SECONDS:
            break
        part.append(requirement)
    return part


def choose(arguments, every, passing):
    chosen = [r for r in every if not arguments.focus or re.search(arguments.focus, r.codename)]
    if arguments.passing or arguments.ci:
        chosen = [r for r in chosen if r.codename in passing]
    return part_for_ci(chosen, passing, arguments.jobs) if arguments.ci else chosen


class Progress:
    """A line a test, on the terminal, as they end."""

    def __init__(self, total):
        self.total, self.ended, self.begin, self.lock = total, 0, time.monotonic(), threading.Lock()

    def tell(self, outcome, note=''):
        with self.lock:
            self.ended += 1
            minutes, seconds = divmod(int(time.monotonic() - self.begin), 60)
            print(f'[{minutes:3}:{seconds:02} {self.ended:3}/{self.total}] {outcome.state:<7} {outcome.seconds:5.0f} s  '
                  f'{outcome.requirement.codename}{note}', flush=True)
            if outcome.state == 'failed':
                print(f'        {outcome.reason[:200]}', flush=True)


def run_all(runner, chosen, jobs, last_start, passing):
    progress = Progress(len(chosen))
    numbers = {requirement.codename: number for number, requirement in enumerate(chosen, 1)}
    begin = time.monotonic()

    def one(requirement):
        if last_start and time.monotonic() - begin > last_start:
            return None
        outcome = runner.run(requirement, numbers[requirement.codename])
        progress.tell(outcome)
        return outcome

    together = [r for r in chosen if not r.alone]
    # The long ones first, so that none is left for the end.
    together.sort(key=lambda r: -passing.get(r.codename, 60))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            outcomes = [outcome for outcome in pool.map(one, together) if outcome]
        except BaseException:  # interrupted: nobody waits for the tests that run
            pool.shutdown(wait=False, cancel_futures=True)
            runner.stop()
            raise
    outcomes += [outcome for outcome in map(one, [r for r in chosen if r.alone]) if outcome]
    # One that is known to pass is heard again, alone: a busy machine is no verdict.
    for index, outcome in enumerate(outcomes):
        while outcome.state == 'failed' and outcome.requirement.codename in passing and outcome.tries < MOST_TRIES:
            again = runner.run(outcome.requirement, len(chosen) * outcome.tries + index + 1)
            again.tries = outcome.tries + 1
            progress.total += 1
            progress.tell(again, '  (again)')
            outcomes[index] = outcome = again
    return sorted(outcomes, key=lambda outcome: numbers[outcome.requirement.codename])


def prepare(build):
    pause = os.path.join(ROOT, 'build', 'release', 'plugins', 'cleat-pause')
    made = subprocess.run([os.path.join(HERE, 'prepare.sh'), build], env={**os.environ, 'PAUSE': pause})
    if made.returncode != 0:
        sys.exit('conformance: the suite or its images could not be made; see above')
    with open(os.path.join(build, 'kubernetes')) as file:
        return file.read().strip()


def missing_images(build):
    try:
        with open(os.path.join(build, 'images', 'missing.txt')) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def conclude(arguments, outcomes, every, passing, results, version):
    report.write_junit(outcomes, os.path.join(results, 'junit_01.xml'))
    report.write_log(outcomes, os.path.join(results, 'e2e.log'))
    report.write_results(outcomes, os.path.join(results, 'results.jsonl'))
    lost = [outcome for outcome in outcomes if outcome.state != 'passed' and outcome.requirement.codename in passing]
    if not arguments.ci:
        for outcome in outcomes:
            if outcome.state == 'passed':
                passing.setdefault(outcome.requirement.codename, outcome.seconds)
        write_passing(passing)
        states = report.States(STATES)
        states.update(outcomes)
        states.write(every, version)
    print()
    report.print_summary(outcomes, missing_images(arguments.build))
    print(f'junit_01.xml, e2e.log and the output of each test: {results}')
    for outcome in lost:
        print(f'lost: {outcome.requirement.codename}')
    return 1 if lost else 0


def main():
    arguments = parse_arguments()
    kubernetes = prepare(arguments.build)
    program = os.path.join(arguments.build, 'bin', 'e2e.test')
    every = suite.requirements(program)
    passing = read_passing()
    chosen = choose(arguments, every, passing)
    if arguments.list:
        print('\n'.join(requirement.codename for requirement in chosen))
        return 0
    if not chosen:
        sys.exit('conformance: there is no such test; --list prints their names')
    results = os.path.join(arguments.build, 'results')
    shutil.rmtree(results, ignore_errors=True)
    os.makedirs(results)
    cluster = tempfile.mkdtemp(prefix='cleat-conformance.', dir='/tmp')
    print('==> starting a server and two nodes', flush=True)
    images = os.path.join(arguments.build, 'images')
    pulled = registry.Registry(cluster, [UP, 'exec', cluster])
    try:
        subprocess.run([UP, 'start', cluster, '2', pulled.configuration(arguments.config)], check=True)
        print('==> importing the images', flush=True)
        subprocess.run([UP, 'import', cluster, images], check=True)
        pulled.serve(images)
        runner = suite.Suite(program, os.path.join(arguments.build, 'bin', 'kubectl'), kubernetes, [UP, 'exec', cluster],
                             os.path.join(cluster, 'server', 'admin.kubeconfig'), results)
        print(f'==> running {len(chosen)} of {len(every)} tests, {arguments.jobs} at once', flush=True)
        try:
            outcomes = run_all(runner, chosen, arguments.jobs, CI_LAST_START_SECONDS if arguments.ci else None, passing)
        finally:
            runner.stop()
    except subprocess.CalledProcessError as problem:
        sys.exit(f'conformance: {problem}')
    finally:
        for log in ('server.log', 'node-1.log', 'node-2.log'):
            if os.path.exists(os.path.join(cluster, log)):
                shutil.copy(os.path.join(cluster, log), results)
        pulled.stop()
        subprocess.run([UP, 'stop', cluster])
        shutil.rmtree(cluster, ignore_errors=True)
    # The module's folder ends with its version: …/kubernetes@v1.37.2
    version = re.search(r'@v(\d+\.\d+)', kubernetes).group(1)
    return conclude(arguments, outcomes, every, passing, results, version)


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
