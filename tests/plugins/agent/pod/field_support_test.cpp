// Every field of a pod is done, refused or harmless; and what is refused is refused by its name.
#include "pod/field_support.h"

#include <capnp/schema.h>
#include <cleat/sdk/text.h>

#include <set>

#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

std::string nameOf(capnp::StructSchema schema) {
  std::string name = str(schema.getProto().getDisplayName());
  return name.find("core_v1.capnp:") == std::string::npos ? std::string() : name.substr(name.rfind(':') + 1);
}

class SchemaWalk {
 public:
  void walk(capnp::StructSchema schema) {
    std::string type = nameOf(schema);
    if (type.empty() || !seen_.insert(type).second) return;
    for (auto field : schema.getFields()) {
      std::string name = str(field.getProto().getName());
      auto support = supportOf(type, name);
      EXPECT_TRUE(support) << type << "." << name << " is not in plugins/agent/pod/field_support.cpp";
      if (!support) continue;
      EXPECT_EQ(support->support == Support::done, support->why.empty()) << type << "." << name;
      if (support->support == Support::done) walkType(field.getType());
    }
  }
  const std::set<std::string>& seen() const { return seen_; }

 private:
  void walkType(capnp::Type type) {
    while (type.isList()) type = type.asList().getElementType();
    if (type.isStruct()) walk(type.asStruct());
  }
  std::set<std::string> seen_;
};

TEST(FieldSupport, EveryFieldOfAPodIsInTheTable) {
  SchemaWalk walk;
  walk.walk(capnp::Schema::from<core_v1::PodSpec>());
  for (const char* type : {"PodSpec", "Container", "EphemeralContainer", "SecurityContext", "PodSecurityContext",
                           "Volume", "Probe", "Lifecycle"}) {
    EXPECT_TRUE(walk.seen().contains(type)) << type;
  }
}

TEST(FieldSupport, AFieldThatNobodyKnowsIsNotPassedOver) {
  EXPECT_FALSE(supportOf("PodSpec", "somethingNew"));
  EXPECT_FALSE(supportOf("SomethingNew", "name"));
  EXPECT_EQ(supportOf("EphemeralContainer", "volumeDevices")->support, Support::done);
}

TEST(FieldSupport, WhatIsRefusedIsSaidByItsPath) {
  auto pod = podNamed("web");
  EXPECT_EQ(unsupportedField(pod.reader().getSpec()), std::nullopt);
  auto volumes = pod->getSpec().initVolumes(2);
  volumes[0].setName("a");
  volumes[0].initEmptyDir();
  volumes[1].setName("b");
  volumes[1].initNfs().setServer("192.0.2.1");
  EXPECT_EQ(unsupportedField(pod.reader().getSpec()),
            "spec.volumes[1].nfs: this node does not mount volumes of this type");
}

TEST(FieldSupport, AValueThatAsksForNothingIsTaken) {
  auto pod = podNamed("web");
  auto grpc = pod->getSpec().getContainers()[0].initReadinessProbe().initGrpc();
  grpc.setPort(80);
  grpc.setMode("Plaintext");
  EXPECT_EQ(unsupportedField(pod.reader().getSpec()), std::nullopt);
  grpc.setMode("TLS");
  EXPECT_EQ(unsupportedField(pod.reader().getSpec()),
            "spec.containers[0].readinessProbe.grpc.mode: this node asks without TLS");
  EXPECT_EQ(unsupportedField(pod.reader().getSpec().getContainers()[0], "here"),
            "here.readinessProbe.grpc.mode: this node asks without TLS");
}

TEST(FieldSupport, WhatIsSomebodyElsesIsNotLookedInto) {
  auto pod = podNamed("web");
  pod->getSpec().initAffinity().initNodeAffinity();
  pod->getSpec().initTolerations(1)[0].setKey("a");
  EXPECT_EQ(unsupportedField(pod.reader().getSpec()), std::nullopt);
}

}  // namespace
}  // namespace cleat::agent::test
