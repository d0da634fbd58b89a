// Asks a kinds plugin, as it is built, what the server asks it: defaults, rules, rows. Objects are written in Cap'n
// Proto's JSON, in which a map is a list of {"key", "value"} and a box is {"value"}.
#pragma once

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <cleat/schema/role/kinds.methods.h>
#include <cleat/sdk/kind.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cleat::test {

const cleat_plugin* loadPlugin(const std::string& name);

template <class K>
Draft<K> parse(std::string_view json) {
  Draft<K> draft;
  capnp::JsonCodec codec;
  codec.decode(kj::arrayPtr(json.data(), json.size()), *draft);
  return draft;
}
template <class K>
Object<K> object(std::string_view json) {
  return parse<K>(json).freeze();
}
// The struct as Cap'n Proto's JSON, for comparing.
template <class Reader>
std::string json(Reader reader) {
  capnp::JsonCodec codec;
  return codec.encode(reader).cStr();
}

// Writes down what is found in a wrong object, in the file that CLEAT_RULES_FILE names, a line each; nothing without
// it. tests/api/rules_test.sh sends the objects to a server, which has to find the same.
void keepRule(const Resource& of, const AnyRef& object, const std::vector<std::string>& findings);

struct Verdict {
  std::vector<std::string> findings;  // "spec.containers: Required value"
  std::vector<std::string> warnings;
};

class KindsFixture : public ::testing::Test {
 protected:
  explicit KindsFixture(const std::string& plugin) : name_(plugin) {
    host.serverConfig().serviceCidr = "10.96.0.0/24";
    host.serverConfig().nodePortRange = "30000-32767";
  }
  void SetUp() override { start(); }
  void start() {
    plugin.emplace(host.start(loadPlugin(name_)));
    host.settle();
    ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  }

  template <class Params>
  static void fillRef(Params params, const Resource& of, std::string_view subresource = {}) {
    auto ref = params.initRef();
    ref.setGroup(str(of.group));
    ref.setVersion(str(of.version));
    ref.setResource(str(of.resource));
    ref.setSubresource(str(subresource));
  }

  // The object with its defaults: of a create, or of an update when there is an old one.
  template <class K>
  Object<K> defaulted(const Object<K>& now, const Object<K>& old = {}, std::string_view subresource = {},
                      role::Operation operation = role::Operation::CREATE) {
    std::vector<AnyRef> objects{now};
    if (old) objects.push_back(old);
    auto outcome = plugin->call(
        role::kinds::default_,
        [&](role::DefaultParams::Builder params) {
          fillRef(params, KindOf<K>::resource, subresource);
          params.setOperation(old ? role::Operation::UPDATE : operation);
          params.initUser().setName("jane");
        },
        objects);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return outcome.answer.objects().empty() ? now : outcome.answer.template object<K>();
  }
  template <class K>
  Object<K> defaulted(std::string_view text) {
    return defaulted(object<K>(text));
  }

  template <class K>
  Verdict validated(const Object<K>& now, const Object<K>& old = {}, std::string_view subresource = {}) {
    std::vector<AnyRef> objects{now};
    if (old) objects.push_back(old);
    auto outcome = plugin->call(
        role::kinds::validate,
        [&](role::ValidateParams::Builder params) {
          fillRef(params, KindOf<K>::resource, subresource);
          params.setOperation(old ? role::Operation::UPDATE : role::Operation::CREATE);
        },
        objects);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    Verdict verdict;
    for (auto cause : outcome.answer->getCauses()) {
      verdict.findings.push_back(concat(view(cause.getField()), ": ", view(cause.getMessage())));
    }
    for (auto warning : outcome.answer->getWarnings()) verdict.warnings.push_back(str(warning));
    return verdict;
  }
  // What is wrong with a new object, after its defaults were set.
  template <class K>
  std::vector<std::string> findings(std::string_view text) {
    const Object<K> written = object<K>(text);
    std::vector<std::string> found = validated(defaulted(written)).findings;
    keepRule(KindOf<K>::resource, written, found);
    return found;
  }
  // What is wrong with changing one into another.
  template <class K>
  std::vector<std::string> findings(std::string_view before, std::string_view after) {
    Object<K> old = defaulted<K>(before);
    return validated(defaulted(object<K>(after), old), old).findings;
  }

  template <class K>
  std::vector<std::string> row(const Object<K>& shown) {
    auto outcome = plugin->call(
        role::kinds::rows, [&](role::RowsParams::Builder params) { fillRef(params, KindOf<K>::resource); }, {shown});
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    std::vector<std::string> cells;
    for (auto cell : outcome.answer->getRows()[0].getCells()) {
      cells.push_back(cell.isText() ? str(cell.getText()) : cell.isInteger() ? std::to_string(cell.getInteger()) : "");
    }
    return cells;
  }
  template <class K>
  std::vector<std::string> row(std::string_view text) {
    return row(object<K>(text));
  }

  std::string ago(Duration before) { return formatTime(host.wallNow() - before); }

  FakeHost host;
  std::optional<AnyStarted> plugin;

 private:
  std::string name_;
};

}  // namespace cleat::test
