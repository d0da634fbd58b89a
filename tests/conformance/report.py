"""What a run of the suite leaves: junit_01.xml and e2e.log as certification wants them, docs/conformance.md, and totals."""
import collections
import json
import os
import re
import xml.etree.ElementTree as xml


def write_junit(outcomes, path):
    suite = xml.Element('testsuite', name='Kubernetes e2e suite', tests=str(len(outcomes)),
                        failures=str(sum(o.state == 'failed' for o in outcomes)), errors='0',
                        skipped=str(sum(o.state == 'skipped' for o in outcomes)),
                        time=f'{sum(o.seconds for o in outcomes):.3f}')
    for outcome in outcomes:
        case = outcome.testcase
        if case is None:
            case = xml.Element('testcase', name=outcome.requirement.codename, classname='Kubernetes e2e suite',
                               time=f'{outcome.seconds:.3f}')
            if outcome.state != 'passed':
                xml.SubElement(case, 'failure' if outcome.state == 'failed' else 'skipped').text = outcome.reason
        suite.append(case)
    root = xml.Element('testsuites')
    root.append(suite)
    xml.ElementTree(root).write(path, encoding='utf-8', xml_declaration=True)


def write_log(outcomes, path):
    with open(path, 'wb') as log:
        for outcome in outcomes:
            try:
                with open(outcome.log, 'rb') as one:
                    log.write(one.read())
            except OSError:
                continue


def by_area(outcomes):
    table = collections.defaultdict(collections.Counter)
    for outcome in outcomes:
        table[outcome.requirement.area][outcome.state] += 1
    return table


def print_summary(outcomes, missing_images):
    failed = [outcome for outcome in outcomes if outcome.state == 'failed']
    skipped = [outcome for outcome in outcomes if outcome.state == 'skipped']
    for state, some in (('failed', failed), ('skipped', skipped)):
        for outcome in some:
            print(f'{state}: {outcome.requirement.codename}\n    {outcome.reason}')
    if missing_images:
        print('images that cannot be made here:')
        for line in missing_images:
            print('    ' + line)
    print(f'{"area":<22}{"passed":>7}{"failed":>8}{"skipped":>9}')
    for area, count in sorted(by_area(outcomes).items()):
        print(f'{area:<22}{count["passed"]:>7}{count["failed"]:>8}{count["skipped"]:>9}')
    retried = sum(outcome.tries > 1 and outcome.state == 'passed' for outcome in outcomes)
    if retried:
        print(f'{retried} passed at a later try')
    print(f'{len(outcomes) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped')


def lasting(reason):
    """Of a reason, what the next run would say as well: no names that are made up anew, and no places of this machine."""
    reason = re.sub(r'(?<![\w/])/(?:[\w.+-]+/)*build/conformance/bin/', '', reason)
    reason = re.sub(r'/tmp/[\w.-]+/', '', reason)
    reason = re.sub(r'0x[0-9a-f]{6,}', '0x', reason)
    reason = re.sub(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|(?<=-)\d{2,5}\b', 'N', reason)
    return reason.replace('|', '/').replace('<', '&lt;')[:120].strip()


class States:
    """The last known state of every requirement, in docs/conformance.md; a run changes those that it has run."""

    HEAD = ('# Conformance\n\nMade by `./test --conformance`; not to be edited by hand. Every requirement of Kubernetes {version} '
            'conformance with its\nstate when it was last run, on two nodes, and for a failed one the first words of the reason.\n')

    def __init__(self, path):
        self.path = path
        self.rows = {}
        try:
            with open(path) as file:
                for line in file:
                    cells = line.rstrip('\n').split(' | ')
                    if len(cells) == 3 and cells[0].startswith('| [sig-'):
                        self.rows[cells[0][2:]] = (cells[1], cells[2].removesuffix(' |').strip())
        except FileNotFoundError:
            pass

    def update(self, outcomes):
        for outcome in outcomes:
            self.rows[outcome.requirement.codename] = (outcome.state, lasting(outcome.reason))

    def write(self, requirements, version):
        areas = collections.defaultdict(list)
        for requirement in requirements:
            areas[requirement.area].append(requirement)
        with open(self.path, 'w') as file:
            file.write(self.HEAD.format(version=version))
            file.write('\n| area | passed | failed | skipped | not run |\n|---|---|---|---|---|\n')
            total = collections.Counter()
            for area, some in sorted(areas.items()):
                count = collections.Counter(self.rows.get(r.codename, ('not run', ''))[0] for r in some)
                total += count
                file.write(self.totals(area, count))
            file.write(self.totals('all', total))
            for area, some in sorted(areas.items()):
                file.write(f'\n## {area}\n\n| requirement | state | reason |\n|---|---|---|\n')
                for requirement in some:
                    state, reason = self.rows.get(requirement.codename, ('not run', ''))
                    file.write(f'| {requirement.codename} | {state} | {reason} |\n')

    @staticmethod
    def totals(name, count):
        return f'| {name} | {count["passed"]} | {count["failed"]} | {count["skipped"]} | {count["not run"]} |\n'


def write_results(outcomes, path):
    """For programs: a line of JSON a test."""
    with open(path, 'w') as file:
        for outcome in outcomes:
            json.dump({'name': outcome.requirement.codename, 'state': outcome.state, 'seconds': round(outcome.seconds, 1),
                       'tries': outcome.tries, 'reason': outcome.reason, 'log': os.path.relpath(outcome.log, os.path.dirname(path))},
                      file)
            file.write('\n')
