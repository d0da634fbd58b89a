// The kinds of storage.k8s.io/v1: what is filled in, what is refused and what is shown.
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using storage_v1::CSIDriver;
using storage_v1::CSINode;
using storage_v1::CSIStorageCapacity;
using storage_v1::StorageClass;
using storage_v1::VolumeAttachment;
using storage_v1::VolumeAttributesClass;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class StorageKinds : public KindsFixture {
 protected:
  struct Case {
    std::string fields;
    std::vector<std::string> wrong;
  };

  StorageKinds() : KindsFixture("kinds-storage") {}

  static std::string named(const std::string& fields) { return R"({"metadata":{"name":"a"},)" + fields + "}"; }
  static std::string storageClass(const std::string& fields) {
    return named(R"("provisioner":"p.example/x")" + fields);
  }
  static std::string driver(const std::string& spec) { return named(R"("spec":{)" + spec + "}"); }
  static std::string node(const std::string& drivers) { return named(R"("spec":{"drivers":[)" + drivers + "]}"); }
  static std::string attachment(const std::string& source, const std::string& status = "") {
    return named(R"("spec":{"attacher":"d","nodeName":"n","source":{)" + source + R"(}},"status":{)" + status + "}");
  }
};

TEST_F(StorageKinds, FillInClasses) {
  auto made = defaulted<StorageClass>(storageClass(""));
  EXPECT_EQ(view(made->getReclaimPolicy()), "Delete");
  EXPECT_EQ(view(made->getVolumeBindingMode()), "Immediate");
}

TEST_F(StorageKinds, RefuseWrongClasses) {
  EXPECT_THAT(findings<StorageClass>(R"({"metadata":{"name":"a"}})"), ElementsAre("provisioner: Required value"));
  const std::string topology = R"(,"allowedTopologies":[{"matchLabelExpressions":[{"key":"z","values":["a","a"]}]},)"
                               R"({"matchLabelExpressions":[{"key":"z","values":["a"]},{"key":"z","values":[]}]}])";
  const Case cases[] = {
      {R"(,"parameters":[{"key":"","value":"1"}])", {"parameters: Invalid value: \"\": field can not be empty."}},
      {R"(,"reclaimPolicy":"Recycle")",
       {R"(reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain")"}},
      {R"(,"volumeBindingMode":"")",
       {R"(volumeBindingMode: Unsupported value: "": supported values: "Immediate", "WaitForFirstConsumer")"}},
      {topology,
       {R"(allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a")",
        "allowedTopologies[1].matchLabelExpressions[1].values: Required value",
        R"(allowedTopologies[1].matchLabelExpressions[1].key: Duplicate value: "z")"}},
      {R"(,"allowedTopologies":[{"matchLabelExpressions":[{"key":"z","values":["a"]}]},)"
       R"({"matchLabelExpressions":[{"key":"z","values":["a"]}]}])",
       {R"(allowedTopologies[1].matchLabelExpressions: Duplicate value: "")"}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(findings<StorageClass>(storageClass(one.fields)), ElementsAreArray(one.wrong)) << one.fields;
  }
  EXPECT_THAT(findings<StorageClass>(named(R"("provisioner":"No Name")")), ElementsAre(HasSubstr("\"no name\"")));
  std::string many;
  for (int i = 0; i < 513; ++i) many += concat(i == 0 ? "" : ",", R"({"key":"k)", i, R"(","value":""})");
  EXPECT_THAT(findings<StorageClass>(storageClass(R"(,"parameters":[)" + many + "]")),
              ElementsAre("parameters: Too long: may not be more than 512 bytes"));
}

TEST_F(StorageKinds, KeepWhatAClassIs) {
  EXPECT_THAT(findings<StorageClass>(
                  storageClass(""),
                  named(R"("provisioner":"q","parameters":[{"key":"a","value":"1"}],"reclaimPolicy":"Retain",)"
                        R"("volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":{"value":true})")),
              ElementsAre(R"(parameters: Invalid value: {"a":"1"}: field is immutable)",
                          R"(provisioner: Invalid value: "q": field is immutable)",
                          R"(reclaimPolicy: Invalid value: "Retain": field is immutable)",
                          R"(volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable)"));
}

TEST_F(StorageKinds, KeepWhatAClassOfAttributesIs) {
  EXPECT_THAT(findings<VolumeAttributesClass>(named(R"("driverName":"")")),
              ElementsAre("driverName: Required value",
                          "parameters: Required value: must contain at least one "
                          "key/value pair"));
  EXPECT_THAT(findings<VolumeAttributesClass>(named(R"("driverName":"d","parameters":[{"key":"a","value":"1"}])"),
                                              named(R"("driverName":"e","parameters":[{"key":"a","value":"2"}])")),
              ElementsAre("driverName: Forbidden: updates to driverName are forbidden.",
                          "parameters: Forbidden: updates to parameters are forbidden."));
}

TEST_F(StorageKinds, FillInDrivers) {
  auto spec = defaulted<CSIDriver>(driver(""))->getSpec();
  EXPECT_TRUE(spec.getAttachRequired().getValue());
  EXPECT_THAT(strings(spec.getVolumeLifecycleModes()), ElementsAre("Persistent"));
  EXPECT_EQ(view(spec.getFsGroupPolicy()), "ReadWriteOnceWithFSType");
  for (auto box : {spec.getPodInfoOnMount(), spec.getStorageCapacity(), spec.getRequiresRepublish(),
                   spec.getSeLinuxMount(), spec.getPreventPodSchedulingIfMissing()}) {
    EXPECT_TRUE(isSet(box) && !box.getValue());
  }
}

TEST_F(StorageKinds, RefuseWrongDrivers) {
  const Case cases[] = {
      {R"("fsGroupPolicy":"Some")",
       {R"(spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType")"}},
      {R"("volumeLifecycleModes":["Short"])",
       {R"(spec.volumeLifecycleModes: Unsupported value: "Short": supported values: "Persistent", "Ephemeral")"}},
      {R"("tokenRequests":[{"audience":"a","expirationSeconds":{"value":1}},{"audience":"a"}])",
       {"spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
        R"(spec.tokenRequests[1].audience: Duplicate value: "a")"}},
      {R"("nodeAllocatableUpdatePeriodSeconds":{"value":9})",
       {"spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds"}},
      {R"("serviceAccountTokenInSecrets":{"value":true})",
       {"spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no "
        "tokenRequests are specified"}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(findings<CSIDriver>(driver(one.fields)), ElementsAreArray(one.wrong)) << one.fields;
  }
  EXPECT_THAT(findings<CSIDriver>(driver(""), driver(R"("attachRequired":{"value":false},)"
                                                     R"("volumeLifecycleModes":["Ephemeral"])")),
              ElementsAre("spec.attachedRequired: Invalid value: false: field is immutable",
                          R"(spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable)"));
  EXPECT_THAT(validated(defaulted<CSIDriver>(driver(R"("tokenRequests":[{"audience":"a"}])"))).warnings,
              ElementsAre(HasSubstr("spec.serviceAccountTokenInSecrets is unset")));
}

TEST_F(StorageKinds, RefuseWrongDriversOfNodes) {
  EXPECT_THAT(findings<CSINode>(node(R"({"name":"","nodeID":""},)"
                                     R"({"name":"d","nodeID":"n","topologyKeys":["z","z",""],)"
                                     R"("allocatable":{"count":{"value":-1}}},{"name":"d","nodeID":"n"})")),
              ElementsAre("spec.drivers[0].name: Required value", "spec.drivers[0].nodeID: Required value",
                          "spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
                          R"(spec.drivers[1]: Duplicate value: "z")", "spec.drivers[1]: Required value",
                          HasSubstr(R"(spec.drivers[1]: Invalid value: "": name part must be non-empty)"),
                          HasSubstr(R"(spec.drivers[1]: Invalid value: "": name part must consist of)"),
                          R"(spec.drivers[2].name: Duplicate value: "d")"));
  const std::string before = R"({"name":"d","nodeID":"n","allocatable":{"count":{"value":1}}})";
  EXPECT_THAT(findings<CSINode>(node(before), node(R"({"name":"d","nodeID":"n"},{"name":"e","nodeID":"n"})")),
              IsEmpty());
  EXPECT_THAT(findings<CSINode>(node(before), node(R"({"name":"d","nodeID":"m"})")),
              ElementsAre(R"(spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,)"
                          R"("Allocatable":null}: field is immutable)"));
}

TEST_F(StorageKinds, RefuseWrongCapacities) {
  EXPECT_THAT(findings<CSIStorageCapacity>(named(R"("storageClassName":"","capacity":"-1")")),
              ElementsAre(HasSubstr(R"(storageClassName: Invalid value: "": a lowercase RFC 1123 subdomain)"),
                          R"(capacity: Invalid value: "-1": must be greater than or equal to 0)"));
  EXPECT_THAT(findings<CSIStorageCapacity>(named(R"("storageClassName":"s")"),
                                           named(R"("storageClassName":"t","nodeTopology":{})")),
              ElementsAre("nodeTopology: Invalid value: {}: field is immutable",
                          R"(storageClassName: Invalid value: "t": field is immutable)"));
}

TEST_F(StorageKinds, RefuseWrongAttachments) {
  const Case cases[] = {
      {"", {"spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"}},
      {R"("persistentVolumeName":"v","inlineVolumeSpec":{})",
       {"spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName"}},
      {R"("inlineVolumeSpec":{"accessModes":["ReadWriteOnce"],"storageClassName":"s","hostPath":{"path":"/a"}})",
       {"spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline "
        "volumes"}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(findings<VolumeAttachment>(attachment(one.fields)), ElementsAreArray(one.wrong)) << one.fields;
  }
  EXPECT_THAT(findings<VolumeAttachment>(named(R"("spec":{"source":{"persistentVolumeName":"v"}})")),
              ElementsAre("spec.attacher: Required value", HasSubstr("spec.nodeName: Invalid value")));
  const std::string by = R"("persistentVolumeName":"v")";
  EXPECT_THAT(
      findings<VolumeAttachment>(
          attachment(by, R"("attachError":{"message":")" + std::string(1025, 'm') + R"(","errorCode":{"value":-1}})")),
      ElementsAre("status.attachError.message: Too long: may not be more than 1024 bytes",
                  "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive"));
  EXPECT_THAT(findings<VolumeAttachment>(attachment(by), attachment(R"("persistentVolumeName":"w")")),
              ElementsAre(R"(spec: Invalid value: {"Attacher":"d","Source":{"PersistentVolumeName":"w",)"
                          R"("InlineVolumeSpec":null},"NodeName":"n"}: field is immutable)"));
}

TEST_F(StorageKinds, ShowTheirObjects) {
  EXPECT_THAT(row<StorageClass>(concat(R"({"metadata":{"name":"a","creationTimestamp":")", ago(5min),
                                       R"("},"provisioner":"p","reclaimPolicy":"Retain"})")),
              ElementsAre("a", "p", "Retain", "Immediate", "", "5m"));
  EXPECT_THAT(row<CSINode>(node(R"({"name":"d"},{"name":"e"})")), ElementsAre("a", "2", "<unknown>"));
  EXPECT_THAT(row<VolumeAttachment>(attachment(R"("persistentVolumeName":"v")")),
              ElementsAre("a", "d", "v", "n", "", "<unknown>"));
  EXPECT_THAT(row<CSIDriver>(driver(R"("tokenRequests":[{"audience":"x"},{"audience":"y"}])")),
              ElementsAre("a", "", "", "", "x,y", "", "<none>", "<unknown>"));
}

}  // namespace
}  // namespace cleat::test
