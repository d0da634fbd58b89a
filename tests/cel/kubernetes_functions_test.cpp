// Kubernetes' own functions: each row is an expression that is true.
#include <cleat/cel/authorizer.h>
#include <cleat/cel/environment.h>
#include <gtest/gtest.h>

#include <array>

namespace cleat::cel {

namespace {

class OnlyMary : public Authorizer {
 public:
  Answer check(const Question& question) const override {
    if (question.serviceAccount == "broken") return {Answer::Kind::failed, "out of order"};
    const bool allowed = question.verb == "get" && question.resource == "pods" && question.ns == "default";
    return {allowed ? Answer::Kind::allowed : Answer::Kind::denied, allowed ? "she may" : ""};
  }
};

Value evaluated(std::string_view source) {
  Environment environment(kubernetesFunctions());
  environment.declare("authorizer", types::authorizer());
  environment.parsing().bind = true;
  const Compiled compiled = environment.compile(source);
  if (!compiled.program) return Value::error(compiled.message);
  const std::array<Value, 1> values{authorizerValue(SharedRef<const Authorizer>(makeShared<OnlyMary>()))};
  return compiled.program->evaluate(values).value;
}

class Holds : public testing::TestWithParam<const char*> {};

TEST_P(Holds, AsKubernetesSaysIt) {
  const Value value = evaluated(GetParam());
  EXPECT_TRUE(value.isTrue()) << GetParam() << ": " << shown(value);
}

INSTANTIATE_TEST_SUITE_P(Lists, Holds,
                         testing::Values("[1, 2, 2].isSorted()", "!['b', 'a'].isSorted()", "[1, 2, 3].sum() == 6",
                                         "[1.5, 2.5].sum() == 4.0", "[3, 1].min() == 1", "['a', 'c', 'b'].max() == 'c'",
                                         "[1, 2, 1].indexOf(1) == 0", "[1, 2, 1].lastIndexOf(1) == 2",
                                         "[1].indexOf(2) == -1", "sets.contains([1, 2], [2])",
                                         "sets.equivalent([1, 2, 2], [2, 1])", "!sets.intersects([1], [2])"));
INSTANTIATE_TEST_SUITE_P(ListForms, Holds,
                         testing::Values("[1, 2, 3, 4].slice(1, 3) == [2, 3]", "[1].slice(1, 1) == []",
                                         "[[1], [2, 3]].flatten() == [1, 2, 3]",
                                         "[1, [2, [3]]].flatten(2) == [1, 2, 3]",
                                         "[1, [2, [3]]].flatten(0) == [1, [2, [3]]]", "[3, 1, 2].sort() == [1, 2, 3]",
                                         "['b', 'a'].sort() == ['a', 'b']", "[].sort() == []",
                                         "[{'n': 2}, {'n': 1}].sortBy(e, e.n) == [{'n': 1}, {'n': 2}]",
                                         "[1, 2, 3].map(x, x * 2).sortBy(x, -x) == [6, 4, 2]",
                                         "['bb', 'a'].sortBy(x, size(x)) == ['a', 'bb']", "lists.range(3) == [0, 1, 2]",
                                         "lists.range(0) == []", "[1, 2, 3].reverse() == [3, 2, 1]",
                                         "[1, 2, 2, 1, 3].distinct() == [1, 2, 3]",
                                         "['a', 'b', 'a'].distinct() == ['a', 'b']", "[1, 2].first().value() == 1",
                                         "[1, 2].last().value() == 2", "![].first().hasValue()"));
INSTANTIATE_TEST_SUITE_P(Texts, Holds,
                         testing::Values("'abc 123'.find('[0-9]+') == '123'", "'abc'.find('x') == ''",
                                         "'a1b2'.findAll('[0-9]') == ['1', '2']",
                                         "'a1b2c3'.findAll('[0-9]', 2) == ['1', '2']", "'abc'.matches('^a.c$')",
                                         "'a,b'.split(',').join('-') == 'a-b'"));
INSTANTIATE_TEST_SUITE_P(
    Urls, Holds,
    testing::Values("url('https://user@example.com:8080/a%20b?x=1&x=2&y').getHost() == 'example.com:8080'",
                    "url('https://example.com:8080/').getPort() == '8080'",
                    "url('HTTPS://[::1]:80/').getHostname() == '::1'",
                    "url('https://h/a b').getEscapedPath() == '/a%20b'", "url('/path').getScheme() == ''",
                    "url('https://h/?x=1&x=2&y').getQuery() == {'x': ['1', '2'], 'y': ['']}", "isURL('https://h')",
                    "!isURL('../relative')", "!isURL('https://a:b/')"));
INSTANTIATE_TEST_SUITE_P(
    Addresses, Holds,
    testing::Values("ip('10.0.0.1').family() == 4", "ip('::1').isLoopback()", "ip('fe80::1').isLinkLocalUnicast()",
                    "ip('0.0.0.0').isUnspecified()", "ip('8.8.8.8').isGlobalUnicast()", "!isIP('010.0.0.1')",
                    "!isIP('::ffff:1.2.3.4')", "!isIP('fe80::1%eth0')", "ip.isCanonical('2001:db8::1')",
                    "!ip.isCanonical('2001:DB8::1')", "string(ip('2001:db8:0:0::1')) == '2001:db8::1'",
                    "cidr('10.0.0.0/8').containsIP('10.9.8.7')", "cidr('10.0.0.0/8').containsIP(ip('10.9.8.7'))",
                    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
                    "!cidr('10.0.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
                    "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')", "cidr('10.1.2.3/8').ip() == ip('10.1.2.3')",
                    "cidr('10.0.0.0/8').prefixLength() == 8", "!isCIDR('10.0.0.0/33')", "!isCIDR('10.0.0.0/08')"));
INSTANTIATE_TEST_SUITE_P(
    Quantities, Holds,
    testing::Values("quantity('1.5Gi').isGreaterThan(quantity('1536Ki'))", "quantity('1000m') == quantity('1')",
                    "quantity('50k').asInteger() == 50000", "quantity('500m').asApproximateFloat() == 0.5",
                    "quantity('50Mi').asApproximateFloat() == 52428800.0", "!quantity('500m').isInteger()",
                    "quantity('1').add(quantity('500m')).sub(1) == quantity('0.5')", "sign(quantity('-1')) == -1",
                    "quantity('1').compareTo(quantity('2')) == -1", "!isQuantity('1.3Zi')"));
INSTANTIATE_TEST_SUITE_P(Versions, Holds,
                         testing::Values("semver('1.2.3').minor() == 2",
                                         "semver('1.2.3-alpha.1').isLessThan(semver('1.2.3'))",
                                         "semver('1.10.0').compareTo(semver('1.9.0')) == 1", "!isSemver('v1.2.3')",
                                         "isSemver('v1.2', true)", "semver('v01.2', true) == semver('1.2.0')",
                                         "semver('1.0.0+build') == semver('1.0.0')"));
INSTANTIATE_TEST_SUITE_P(
    Formats, Holds,
    testing::Values("!format.dns1123Label().validate('my-name').hasValue()",
                    "format.dns1123Label().validate('My').value()[0].startsWith('a lowercase RFC 1123 label')",
                    "format.named('uuid').value().validate('no').value() == ['does not match the UUID format']",
                    "!format.named('nothing').hasValue()", "!format.dns1123LabelPrefix().validate('a-').hasValue()"));
INSTANTIATE_TEST_SUITE_P(
    Permissions, Holds,
    testing::Values("authorizer.group('').resource('pods').namespace('default').check('get').allowed()",
                    "!authorizer.group('').resource('pods').namespace('other').check('get').allowed()",
                    "authorizer.group('').resource('pods').namespace('default').check('get').reason() == 'she may'",
                    "!authorizer.path('/healthz').check('get').allowed()",
                    "authorizer.serviceAccount('a', 'broken').path('/').check('get').errored()",
                    "authorizer.serviceAccount('a', 'broken').path('/').check('get').error() == 'out of order'"));
INSTANTIATE_TEST_SUITE_P(Loops, Holds,
                         testing::Values("[1, 2].all(i, v, v == i + 1)", "{'a': 1}.exists(k, v, k == 'a' && v == 1)",
                                         "[1, 2].existsOne(i, v, v == 2)",
                                         "[1, 2].transformList(i, v, v > 1, i) == [1]",
                                         "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) == {'b': 4}",
                                         "{'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'}",
                                         "{'a': 1, 'b': 2}.transformMapEntry(k, v, v > 1, {k + k: v}) == {'bb': 2}",
                                         "['x', 'y'].transformMapEntry(i, v, {v: i}) == {'x': 0, 'y': 1}",
                                         "['x', 'y'].transformMapEntry(i, v, i > 0, {v: i}) == {'y': 1}",
                                         "['x'].transformMapEntry(i, v, {v: i, v + v: i + 1}) == {'x': 0, 'xx': 1}",
                                         "[1, 2].transformMapEntry(i, v, false, {v: i}) == {}",
                                         "cel.bind(x, 3, x * x) == 9",
                                         "cel.bind(x, [1, 2], cel.bind(y, x.map(z, z + 1), x + y)) == [1, 2, 2, 3]"));

TEST(Loops, MakeNoMapWithAKeyTwice) {
  const Value value = evaluated("['x', 'x'].transformMapEntry(i, v, {v: i}) == {}");
  ASSERT_TRUE(value.isError());
  EXPECT_NE(value.message().find("insert failed: key x already exists"), std::string::npos) << value.message();
}

TEST(ListForms, SayWhatCannotBe) {
  const std::array<std::pair<const char*, const char*>, 8> cases{
      {{"[1].slice(0, 2) == []", "cannot slice(0, 2), list is length 1"},
       {"[1].slice(1, 0) == []", "cannot slice(1, 0), start index must be less than or equal to end index"},
       {"[1].slice(-1, 0) == []", "cannot slice(-1, 0), negative indexes not supported"},
       {"[[1]].flatten(-1) == []", "level must be non-negative"},
       {"lists.range(-1) == []", "lists.range: size must be non-negative, got -1"},
       {"lists.range(1000000000000) == []", "exceeds maximum allowed"},
       {"lists.range(1000000).distinct() == []", "list is too large"},
       {"{'a': 1}.sortBy(k, k) == []", "sortBy can only be applied to"}}};
  for (const auto& [source, says] : cases) {
    const Value value = evaluated(source);
    ASSERT_TRUE(value.isError()) << source;
    EXPECT_NE(value.message().find(says), std::string::npos) << source << ": " << value.message();
  }
}

TEST(Lists, ThatGrowBeyondWhatCanBeAreAnError) {
  std::string source = "x.size() > 0", value = "[1, 2, 3, 4, 5, 6, 7, 8]";
  for (int i = 0; i < 30; ++i) source = "cel.bind(x, x + x, " + source + ")";
  const Value doubled = evaluated("cel.bind(x, " + value + ", " + source + ")");
  ASSERT_TRUE(doubled.isError());
  EXPECT_EQ(doubled.message(), "list is too large");
}

TEST(Evaluation, LeavesWhatItLooksAtAsItWas) {
  Environment environment(kubernetesFunctions());
  environment.declare("self", types::list(types::integer()));
  const Compiled compiled = environment.compile("(self + [3]).map(x, x) + self");
  const std::array<Value, 1> values{Value::list({Value::integer(1), Value::integer(2)})};
  const Value first = compiled.program->evaluate(values).value, second = compiled.program->evaluate(values).value;
  EXPECT_EQ(values[0].asList().size(), 2u);
  EXPECT_EQ(first.asList().size(), 5u);
  EXPECT_TRUE(sameValue(first, second));
}

// Of what Kubernetes checks beside the types.
std::string strictMessage(std::string_view source) {
  Environment environment(kubernetesFunctions());
  environment.checking().oneElementType = true;
  return environment.compile(source).message;
}

TEST(KubernetesChecks, RefuseLiteralsThatAreNone) {
  for (const char* source :
       {"'a'.matches('[')", "duration('x') == duration('1s')", "timestamp('x') == timestamp('y')"}) {
    EXPECT_NE(strictMessage(source).find(" argument"), std::string::npos) << source << ": " << strictMessage(source);
  }
  EXPECT_EQ(strictMessage("'a'.matches('[a]') && duration('1s') < duration('1h')"), "");
}

TEST(KubernetesChecks, LetTextsBeMadeOfSeveralTypes) {
  EXPECT_EQ(strictMessage("'%s has %d of %s'.format(['a', 1, [1, 'b']])"), "");
  EXPECT_NE(strictMessage("[1, 'a'].size() == 2"), "");
}

}  // namespace

}  // namespace cleat::cel
