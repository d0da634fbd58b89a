"""What the runner makes of the suite's reports, and which part of the list CI gets. Needs neither Go nor a cluster."""
import contextlib
import io
import os
import tempfile
import unittest
import xml.etree.ElementTree as xml

import conformance
import report
import suite

NAME = '[sig-node] Pods should run [Conformance]'


def junit(folder, *cases):
    with open(os.path.join(folder, 'junit_01.xml'), 'w') as file:
        file.write('<testsuites><testsuite>' + ''.join(cases) + '</testsuite></testsuites>')


def case(name, inner=''):
    return f'<testcase name="[It] {name}" time="1.5">{inner}</testcase>'


class ReadingReports(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.requirement = suite.Requirement(NAME)

    def read(self, *cases):
        junit(self.folder.name, *cases)
        return suite.Suite.read(self.requirement, self.folder.name, 0)

    def test_a_case_without_failure_has_passed(self):
        others = case('[sig-apps] Other [Conformance]', '<skipped message="skipped"/>')
        self.assertEqual(self.read(others, case(NAME)).state, 'passed')

    def test_a_failure_says_why_in_one_line(self):
        outcome = self.read(case(NAME, '<failure>expected 1\n  got 2\nk8s.io/kubernetes/test/e2e.go:5</failure>'))
        self.assertEqual((outcome.state, outcome.reason), ('failed', 'expected 1 got 2'))

    def test_a_skipped_test_is_not_passed(self):
        outcome = self.read(case(NAME, '<skipped message="needs 2 nodes"/>'))
        self.assertEqual((outcome.state, outcome.reason), ('skipped', 'needs 2 nodes'))

    def test_a_failure_before_the_test_fails_it(self):
        outcome = self.read(case('[SynchronizedBeforeSuite]', '<failure>no node is ready</failure>'),
                            case(NAME, '<skipped message="skipped"/>'))
        self.assertEqual((outcome.state, outcome.reason), ('failed', 'before the test: no node is ready'))

    def test_no_report_and_no_such_test_are_failures(self):
        self.assertIn('no report', suite.Suite.read(self.requirement, self.folder.name, 137).reason)
        self.assertIn('no test', self.read(case('[sig-apps] Other')).reason)

    def test_what_has_ended_early_is_in_the_report_for_certification(self):
        outcomes = [self.read(case(NAME)), suite.Outcome(suite.Requirement('[sig-cli] x'), 'failed', reason='gone')]
        path = os.path.join(self.folder.name, 'all.xml')
        report.write_junit(outcomes, path)
        root = xml.parse(path).getroot().find('testsuite')
        self.assertEqual((root.get('tests'), root.get('failures')), ('2', '1'))
        self.assertEqual([len(c.findall('failure')) for c in root.iter('testcase')], [0, 1])


class ThePartForCi(unittest.TestCase):
    def setUp(self):
        self.list = [suite.Requirement(f'[sig-node] {n}') for n in range(100)]
        self.passing = {requirement.codename: 60.0 for requirement in self.list}

    def part(self, commit):
        conformance.commit_number = lambda: commit
        return [r.codename for r in conformance.part_for_ci(self.list, self.passing, jobs=4)]

    def test_it_fits_the_time(self):
        self.assertEqual(len(self.part(0)), conformance.CI_PLANNED_SECONDS * 4 // 60)

    def test_a_test_that_runs_alone_costs_all_of_its_time(self):
        self.list = [suite.Requirement(f'[sig-node] {n} [Serial]') for n in range(100)]
        self.passing = {requirement.codename: 60.0 for requirement in self.list}
        self.assertEqual(len(self.part(0)), conformance.CI_PLANNED_SECONDS // 60)

    def test_all_of_them_come_round(self):
        seen = set()
        for commit in range(100):
            seen.update(self.part(commit))
        self.assertEqual(len(seen), 100)


class TheTries(unittest.TestCase):
    def run_with(self, states, passing):
        said = iter(states)
        calls = []

        class Runner:
            def run(self, requirement, number):
                calls.append(number)
                return suite.Outcome(requirement, next(said), reason='busy')

        with contextlib.redirect_stdout(io.StringIO()):
            outcomes = conformance.run_all(Runner(), [suite.Requirement(NAME)], 1, None, passing)
        self.assertEqual(len(set(calls)), len(calls))
        return outcomes[0].state, outcomes[0].tries

    def test_one_that_has_passed_before_is_heard_again(self):
        self.assertEqual(self.run_with(['failed', 'failed', 'passed'], {NAME: 1.0}), ('passed', 3))
        self.assertEqual(self.run_with(['failed', 'failed', 'failed'], {NAME: 1.0}), ('failed', 3))
        self.assertEqual(self.run_with(['failed'], {}), ('failed', 1))


class TheStates(unittest.TestCase):
    def test_what_another_run_would_not_say_is_left_out(self):
        self.assertEqual(report.lasting('error running /a/b/build/conformance/bin/kubectl --kubeconfig=/tmp/x.y/admin -n pods-4803'),
                         'error running kubectl --kubeconfig=admin -n pods-N')
        self.assertEqual(report.lasting('set-a39d88bf-7bd7-4291-8529-438153f1bed6: &Pod{0x21dcf9a4aa08}'), 'set-N: &Pod{0x}')

    def test_a_run_changes_what_it_has_run_and_keeps_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'conformance.md')
            every = [suite.Requirement('[sig-node] a'), suite.Requirement('[sig-node] b')]
            states = report.States(path)
            states.update([suite.Outcome(every[0], 'failed', reason='no | pipe')])
            states.write(every, '1.37')
            again = report.States(path)
            self.assertEqual(again.rows['[sig-node] a'], ('failed', 'no / pipe'))
            again.update([suite.Outcome(every[1], 'passed')])
            again.write(every, '1.37')
            with open(path) as file:
                text = file.read()
            self.assertIn('| all | 1 | 1 | 0 | 0 |', text)
            self.assertIn('| [sig-node] a | failed | no / pipe |', text)
            self.assertIn('| [sig-node] b | passed |  |', text)


if __name__ == '__main__':
    unittest.main()
