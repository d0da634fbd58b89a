// PersistentVolumes and PersistentVolumeClaims: what is filled in, what is refused and what is shown.
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr const char* kDns1123 =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

class StorageOfCore : public KindsFixture {
 protected:
  StorageOfCore() : KindsFixture("kinds-core") {}

  static std::string volume(const std::string& spec, const std::string& meta = "") {
    return R"({"metadata":{"name":"v")" + meta + R"(},"spec":{)" + spec + "}}";
  }
  struct Case {
    std::string spec;
    std::vector<std::string> wrong;
  };
  void expectWrongSources(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
      std::vector<std::string> wrong;
      for (const std::string& text : one.wrong) wrong.push_back("spec." + text);
      EXPECT_THAT(findings<PersistentVolume>(volumeOf(one.spec)), ElementsAreArray(wrong)) << one.spec;
    }
  }
  // A volume that is right but for what `spec` says.
  static std::string volumeOf(const std::string& spec) {
    return volume(R"("accessModes":["ReadWriteOnce"],"capacity":[{"key":"storage","value":"1Gi"}],)" + spec);
  }
  static std::string claim(const std::string& spec, const std::string& status = "", const std::string& meta = "") {
    return R"({"metadata":{"name":"c","namespace":"d")" + meta + R"(},"spec":{)" + spec + R"(},"status":{)" + status +
           "}}";
  }
  static std::string claimOf(const std::string& size, const std::string& more = "", const std::string& status = "") {
    return claim(R"("accessModes":["ReadWriteOnce"],"resources":{"requests":[{"key":"storage","value":")" + size +
                     R"("}]})" + more,
                 status);
  }
};

// -- Volumes --

TEST_F(StorageOfCore, FillsInVolumes) {
  auto made = defaulted<PersistentVolume>(volumeOf(R"("rbd":{"monitors":["m"],"image":"i"})"));
  auto spec = made->getSpec();
  EXPECT_EQ(view(spec.getPersistentVolumeReclaimPolicy()), "Retain");
  EXPECT_EQ(view(spec.getVolumeMode()), "Filesystem");
  EXPECT_EQ(view(spec.getRbd().getPool()), "rbd");
  EXPECT_EQ(view(spec.getRbd().getUser()), "admin");
  EXPECT_EQ(view(spec.getRbd().getKeyring()), "/etc/ceph/keyring");
  EXPECT_EQ(view(made->getStatus().getPhase()), "Pending");
  auto disk = defaulted<PersistentVolume>(volumeOf(R"("azureDisk":{"diskName":"d","diskURI":"https://u"})"));
  EXPECT_EQ(view(disk->getSpec().getAzureDisk().getKind()), "Shared");
  EXPECT_EQ(view(disk->getSpec().getAzureDisk().getFsType()), "ext4");
  EXPECT_TRUE(defaulted<PersistentVolume>(volumeOf(R"("hostPath":{"path":"/a"})"))->getSpec().getHostPath().hasType());
}

TEST_F(StorageOfCore, RefusesVolumesThatSayNothing) {
  EXPECT_THAT(findings<PersistentVolume>(volume("")),
              ElementsAre("spec.accessModes: Required value", "spec.capacity: Required value",
                          "spec.capacity: Unsupported value: null: supported values: \"storage\"",
                          "spec: Required value: must specify a volume type"));
}

TEST_F(StorageOfCore, RefusesWrongVolumes) {
  const std::string path = R"("hostPath":{"path":"/a"})";
  const Case cases[] = {
      {R"("accessModes":["Any","ReadWriteOncePod","ReadOnlyMany"],)" + path,
       {R"(spec.accessModes: Unsupported value: "Any": supported values: "ReadOnlyMany", "ReadWriteMany", )"
        R"("ReadWriteOnce", "ReadWriteOncePod")",
        "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"}},
      {R"("capacity":[{"key":"cpu","value":"1"},{"key":"storage","value":"0"}],)" + path,
       {R"(spec.capacity: Unsupported value: {"cpu":"1","storage":"0"}: supported values: "storage")",
        R"(spec.capacity[storage]: Invalid value: "0": must be greater than zero)"}},
      {R"("persistentVolumeReclaimPolicy":"Keep",)" + path,
       {R"(spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", )"
        R"("Retain")"}},
      {R"("volumeMode":"Tape",)" + path,
       {R"(spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem")"}},
      {R"("storageClassName":"A",)" + path, {concat(R"(spec.storageClassName: Invalid value: "A": )", kDns1123)}},
      {R"("volumeAttributesClassName":"",)" + path,
       {"spec.volumeAttributesClassName: Required value: an empty string is disallowed",
        "spec.csi: Required value: has to be specified when using volumeAttributesClassName"}},
      {R"("nodeAffinity":{},)" + path,
       {"spec.nodeAffinity.required: Required value: must specify required node constraints"}},
      {R"("nodeAffinity":{"required":{"nodeSelectorTerms":[]}},)" + path,
       {"spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term"}},
      {R"("nfs":{"server":"s","path":"/p"},"cephfs":{"monitors":[]},)" + path,
       {"spec.nfs: Forbidden: may not specify more than 1 volume type",
        "spec.cephFS: Forbidden: may not specify more than 1 volume type"}},
      {R"("persistentVolumeReclaimPolicy":"Recycle","hostPath":{"path":"/a/../."})",
       {R"(spec.hostPath.path: Invalid value: "/a/../.": must not contain '..')",
        "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(findings<PersistentVolume>(volumeOf(one.spec)), ElementsAreArray(one.wrong)) << one.spec;
  }
}

TEST_F(StorageOfCore, RefusesWrongSources) {
  expectWrongSources({
      {R"("hostPath":{})", {"hostPath.path: Required value"}},
      {R"("hostPath":{"path":"/a","type":"Hole"})",
       {R"(hostPath.type: Unsupported value: "Hole": supported values: "", "BlockDevice", "CharDevice", "Directory", )"
        R"("DirectoryOrCreate", "File", "FileOrCreate", "Socket")"}},
      {R"("gcePersistentDisk":{"partition":300})",
       {"persistentDisk.pdName: Required value",
        "persistentDisk.partition: Invalid value: 300: must be between 1 and 255, inclusive"}},
      {R"("awsElasticBlockStore":{})", {"awsElasticBlockStore.volumeID: Required value"}},
      {R"("glusterfs":{"endpointsNamespace":""})",
       {"glusterfs.endpoints: Required value", "glusterfs.path: Required value",
        R"(glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid )"
        "namespace name"}},
      {R"("flocker":{"datasetName":"a/b","datasetUUID":"u"})",
       {R"(flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously)",
        R"(flocker.datasetName: Invalid value: "a/b": must not contain '/')"}},
      {R"("flocker":{})", {"flocker: Required value: one of datasetName and datasetUUID is required"}},
      {R"("nfs":{"path":"p"})",
       {"nfs.server: Required value", R"(nfs.path: Invalid value: "p": must be an absolute path)"}},
      {R"("rbd":{})", {"rbd.monitors: Required value", "rbd.image: Required value"}},
      {R"("quobyte":{"registry":"a:1,b"})",
       {R"(quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas)",
        "quobyte.volume: Required value"}},
      {R"("cephfs":{})", {"cephfs.monitors: Required value"}},
      {R"("iscsi":{"iqn":"x","lun":300,"chapAuthSession":true,"initiatorName":"iqn.2001-04.com:"})",
       {"iscsi.targetPortal: Required value", R"(iscsi.iqn: Invalid value: "x": must be valid format)",
        "iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive", "iscsi.secretRef: Required value",
        R"(iscsi.initiatorname: Invalid value: "iqn.2001-04.com:": must be valid format)"}},
  });
}

TEST_F(StorageOfCore, RefusesWrongSourcesOfDriversToo) {
  expectWrongSources({
      {R"("cinder":{"volumeID":"v","secretRef":{}})",
       {"cinder.secretRef.name: Required value", "cinder.secretRef.namespace: Required value"}},
      {R"("fc":{})", {"fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"}},
      {R"("fc":{"targetWWNs":["a"],"wwids":["b"]})",
       {R"(fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously)",
        "fc.lun: Required value: lun is required if targetWWNs is specified"}},
      {R"("flexVolume":{"options":[{"key":"a.k8s.io/b","value":"1"},{"key":"plain","value":"1"}]})",
       {"flexVolume.driver: Required value",
        R"(flexVolume.options[a.k8s.io/b]: Invalid value: "a.k8s.io/b": kubernetes.io and k8s.io namespaces are )"
        "reserved"}},
      {R"("azureFile":{"secretNamespace":""})",
       {"azureFile.secretName: Required value", "azureFile.shareName: Required value",
        "azureFile.secretNamespace: Required value"}},
      {R"("vsphereVolume":{})", {"vsphereVolume.volumePath: Required value"}},
      {R"("photonPersistentDisk":{})", {"photonPersistentDisk.pdID: Required value"}},
      {R"("portworxVolume":{})", {"portworxVolume.volumeID: Required value"}},
      {R"("azureDisk":{"diskName":"d","diskURI":"x","kind":"Managed","cachingMode":"Some"})",
       {R"(azureDisk.cachingMode: Unsupported value: "Some": supported values: "None", "ReadOnly", "ReadWrite")",
        R"(azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/)"
        R"({group-name}/providers/microsoft.compute/disks/{disk-id}")"}},
      {R"("scaleIO":{})",
       {"scaleIO.gateway: Required value", "scaleIO.system: Required value", "scaleIO.volumeName: Required value"}},
      {R"("local":{"path":""})",
       {"local.path: Required value", "nodeAffinity: Required value: Local volume requires node affinity"}},
      {R"("storageos":{"secretRef":{"name":"s"}})",
       {"storageos.volumeName: Required value", "storageos.secretRef.namespace: Required value"}},
      {R"("csi":{"nodePublishSecretRef":{"name":"s"}})",
       {"csi.driver: Required value", "csi.volumeHandle: Required value",
        "csi.nodePublishSecretRef.namespace: Required value"}},
      {R"("csi":{"driver":")" + std::string(64, 'd') + R"(","volumeHandle":"h"})",
       {"csi.driver: Too long: may not be more than 63 bytes"}},
      {R"("csi":{"driver":"CSI.example","volumeHandle":"h"})", {}},
  });
}

TEST_F(StorageOfCore, KnowsTheNamesOfIscsi) {
  auto wrong = [&](const std::string& name) {
    return findings<PersistentVolume>(volumeOf(R"("iscsi":{"targetPortal":"p","iqn":")" + name + R"("})")).size();
  };
  for (const char* name : {"iqn.2001-04.com.example:storage.disk", "eui.0123456789ABCDEF", "iqn.x.iqn.2001-04.a:b",
                           "naa.62004567BA64678D0123456789ABCDEF"}) {
    EXPECT_EQ(wrong(name), 0u) << name;
  }
  for (const char* name : {"iqn.2001-04.com.example", "iqn.2001-4.com:a", "iqn.2001-04.:a", "iqn.2001-04.com:a b",
                           "eui.0123", "naa.62004567BA64678D", "iqn", "eui.0123456789ABCDE!"}) {
    EXPECT_EQ(wrong(name), 1u) << name;
  }
}

TEST_F(StorageOfCore, KeepsTheSourceOfAVolume) {
  const std::string csi = R"("csi":{"driver":"d","volumeHandle":"h")";
  EXPECT_THAT(findings<PersistentVolume>(volumeOf(csi + "}"), volumeOf(R"("csi":{"driver":"d","volumeHandle":"i"})")),
              ElementsAre("spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after "
                          "creation\n  spec.csi was changed\n"));
  const std::string secret = R"(,"controllerExpandSecretRef":{"name":"s","namespace":"n"}})";
  EXPECT_THAT(findings<PersistentVolume>(volumeOf(csi + "}"), volumeOf(csi + secret)), IsEmpty())
      << "it may come later";
  EXPECT_THAT(findings<PersistentVolume>(volumeOf(csi + secret), volumeOf(csi + "}")),
              ElementsAre(HasSubstr("immutable")));
  EXPECT_THAT(findings<PersistentVolume>(volumeOf(csi + "}"),
                                         volumeOf(R"("storageClassName":"a","mountOptions":["ro"],)" + csi + "}")),
              IsEmpty());
  EXPECT_THAT(findings<PersistentVolume>(volumeOf(csi + "}"), volumeOf(R"("volumeMode":"Block",)" + csi + "}")),
              ElementsAre("volumeMode: Invalid value: \"Block\": field is immutable"));
  EXPECT_THAT(
      findings<PersistentVolume>(volumeOf(R"("volumeAttributesClassName":"a",)" + csi + "}"), volumeOf(csi + "}")),
      ElementsAre("spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden"));
}

TEST_F(StorageOfCore, KeepsTheNodesOfAVolumeButForTheNamesOfLabels) {
  auto on = [&](const char* key, const char* value) {
    return volumeOf(concat(R"("local":{"path":"/a"},"nodeAffinity":{"required":{"nodeSelectorTerms":[)",
                           R"({"matchExpressions":[{"key":")", key, R"(","operator":"In","values":[")", value,
                           R"("]}]}]}})"));
  };
  EXPECT_THAT(findings<PersistentVolume>(on("beta.kubernetes.io/os", "linux"), on("kubernetes.io/os", "linux")),
              IsEmpty());
  EXPECT_THAT(findings<PersistentVolume>(on("a", "b"), on("a", "c")),
              ElementsAre(R"(nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[)"
                          R"({"Key":"a","Operator":"In","Values":["c"]}],"MatchFields":null}]}}: field is immutable, )"
                          "except for updating from beta label to GA"));
}

TEST_F(StorageOfCore, WarnsOfWhatIsGoing) {
  auto warnings = [&](const std::string& text) { return validated(defaulted<PersistentVolume>(text)).warnings; };
  EXPECT_THAT(warnings(volumeOf(R"("persistentVolumeReclaimPolicy":"Recycle","cephfs":{"monitors":["m"]})")),
              ElementsAre("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
                          "recommended approach is to use dynamic provisioning.",
                          "spec.cephfs: deprecated in v1.28, non-functional in v1.31+"));
  EXPECT_THAT(
      warnings(volumeOf(R"("hostPath":{"path":"/a"},"nodeAffinity":{"required":{"nodeSelectorTerms":[)"
                        R"({"matchExpressions":[{"key":"beta.kubernetes.io/os","operator":"Exists"}]}]}})")),
      ElementsAre("spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is "
                  "deprecated since v1.14; use \"kubernetes.io/os\" instead"));
  const char* kOptions = R"(,"annotations":[{"key":"volume.beta.kubernetes.io/mount-options","value":"ro"}])";
  const std::string rest = R"("accessModes":["ReadWriteOnce"],"capacity":[{"key":"storage","value":"1"}],)";
  EXPECT_THAT(findings<PersistentVolume>(volume(rest + R"("csi":{"driver":"d","volumeHandle":"h"})", kOptions)),
              ElementsAre("metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify "
                          "mount options for this volume type"));
}

TEST_F(StorageOfCore, ShowsVolumes) {
  EXPECT_THAT(
      row<PersistentVolume>(concat(
          R"({"metadata":{"name":"v","creationTimestamp":")", ago(5min),
          R"("},"spec":{"capacity":[{"key":"storage","value":"5Gi"}],"accessModes":["ReadWriteMany","ReadWriteOnce"],)",
          R"("persistentVolumeReclaimPolicy":"Retain","claimRef":{"namespace":"d","name":"c"},"storageClassName":"s",)",
          R"("volumeMode":"Block"},"status":{"phase":"Bound"}})")),
      ElementsAre("v", "5Gi", "RWO,RWX", "Retain", "Bound", "d/c", "s", "<unset>", "", "5m", "Block"));
}

// -- Claims --

TEST_F(StorageOfCore, FillsInClaims) {
  auto made = defaulted<PersistentVolumeClaim>(claimOf("1Gi"));
  EXPECT_EQ(view(made->getSpec().getVolumeMode()), "Filesystem");
  EXPECT_EQ(view(made->getStatus().getPhase()), "Pending");
}

TEST_F(StorageOfCore, SaysTwiceWhatAClaimIsFilledFrom) {
  auto sources = [&](const std::string& spec) {
    auto made = defaulted<PersistentVolumeClaim>(claimOf("1Gi", spec));
    auto text = [](bool set, auto source) { return set ? concat(source.getKind(), "/", source.getName()) : "none"; };
    return concat(text(made->getSpec().hasDataSource(), made->getSpec().getDataSource()), " ",
                  text(made->getSpec().hasDataSourceRef(), made->getSpec().getDataSourceRef()));
  };
  EXPECT_EQ(sources(""), "none none");
  EXPECT_EQ(sources(R"(,"dataSource":{"kind":"PersistentVolumeClaim","name":"a"})"),
            "PersistentVolumeClaim/a PersistentVolumeClaim/a");
  EXPECT_EQ(sources(R"(,"dataSourceRef":{"apiGroup":"x.example","kind":"Any","name":"a"})"), "Any/a Any/a");
  EXPECT_EQ(sources(R"(,"dataSource":{"kind":"Any","name":"a"})"), "none none") << "as it always was";
  EXPECT_EQ(sources(R"(,"dataSourceRef":{"kind":"PersistentVolumeClaim","name":"a","namespace":"b"})"), "none none")
      << "which is alpha";
}

TEST_F(StorageOfCore, RefusesWrongClaims) {
  EXPECT_THAT(findings<PersistentVolumeClaim>(claim("")),
              ElementsAre("spec.accessModes: Required value: at least 1 access mode is required",
                          "spec.resources[storage]: Required value"));
  EXPECT_THAT(findings<PersistentVolumeClaim>(claimOf("0", R"(,"volumeMode":"Tape","storageClassName":"A",)"
                                                           R"("volumeAttributesClassName":"B")")),
              ElementsAre(R"(spec.resources[storage]: Invalid value: "0": must be greater than zero)",
                          concat(R"(spec.storageClassName: Invalid value: "A": )", kDns1123),
                          R"(spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem")",
                          concat(R"(spec.volumeAttributesClassName: Invalid value: "B": )", kDns1123)));
  EXPECT_THAT(
      findings<PersistentVolumeClaim>(claimOf("1", R"(,"dataSource":{"kind":"PersistentVolumeClaim","name":"a"},)"
                                                   R"("dataSourceRef":{"kind":"Other","name":""})")),
      ElementsAre("spec.dataSourceRef.name: Required value",
                  R"(spec.dataSourceRef: Invalid value: "Other": must be 'PersistentVolumeClaim' when referencing the )"
                  "default apiGroup",
                  "spec: Invalid value: {}: must match dataSourceRef"));
}

TEST_F(StorageOfCore, HasTheSameRulesForClaimsOfPods) {
  const std::string head = R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[)"
                           R"({"name":"v","ephemeral":{"volumeClaimTemplate":)";
  EXPECT_THAT(findings<Pod>(head + R"({"metadata":{"name":"x"},"spec":{"accessModes":["Any"],"resources":{"requests":[)"
                                   R"({"key":"storage","value":"1"}]}}}}}]}})"),
              ElementsAre("spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
                          HasSubstr("spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported")));
}

TEST_F(StorageOfCore, KeepsWhatAClaimAskedFor) {
  constexpr const char* kBound = R"("phase":"Bound","capacity":[{"key":"storage","value":"2Gi"}])";
  auto change = [&](const std::string& before, const std::string& after) {
    return findings<PersistentVolumeClaim>(before, after);
  };
  EXPECT_THAT(change(claimOf("2Gi"), claimOf("3Gi")),
              ElementsAre("spec: Forbidden: spec is immutable after creation except resources.requests and "
                          "volumeAttributesClassName for bound claims\n  spec.resources was changed\n"));
  EXPECT_THAT(change(claimOf("2Gi", "", kBound), claimOf("3Gi", R"(,"volumeAttributesClassName":"a")", kBound)),
              IsEmpty());
  EXPECT_THAT(change(claimOf("4Gi", "", kBound), claimOf("3Gi", "", kBound)), IsEmpty()) << "what never came about";
  EXPECT_THAT(change(claimOf("4Gi", "", kBound), claimOf("2Gi", "", kBound)),
              ElementsAre("spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"));
  EXPECT_THAT(change(claimOf("2Gi"), claimOf("2Gi", R"(,"volumeName":"v")")), IsEmpty()) << "it is bound once";
  EXPECT_THAT(change(claimOf("2Gi", R"(,"volumeName":"v")"), claimOf("2Gi", R"(,"volumeName":"w")")),
              ElementsAre(HasSubstr("spec.volumeName was changed")));
  EXPECT_THAT(change(claimOf("2Gi"), claimOf("2Gi", R"(,"storageClassName":"s")")), IsEmpty()) << "it had none yet";
  EXPECT_THAT(change(claimOf("2Gi", R"(,"storageClassName":"s")"), claimOf("2Gi", R"(,"storageClassName":"t")")),
              ElementsAre(HasSubstr("spec.storageClassName was changed")));
  EXPECT_THAT(change(claimOf("2Gi"), claimOf("2Gi", R"(,"volumeMode":"Block")")),
              ElementsAre(HasSubstr("spec.volumeMode was changed"),
                          "volumeMode: Invalid value: \"Block\": field is immutable"));
}

TEST_F(StorageOfCore, KeepsTheClassOfAttributesOnceThereIsOne) {
  constexpr const char* kHas = R"("phase":"Bound","currentVolumeAttributesClassName":"a")";
  const std::string before = claimOf("1", R"(,"volumeAttributesClassName":"a")", kHas);
  EXPECT_THAT(findings<PersistentVolumeClaim>(before, claimOf("1", "", kHas)),
              ElementsAre("spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when "
                          "status.currentVolumeAttributesClassName is not nil"));
  EXPECT_THAT(findings<PersistentVolumeClaim>(before, claimOf("1", R"(,"volumeAttributesClassName":"")", kHas)),
              ElementsAre("spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when "
                          "status.currentVolumeAttributesClassName is not nil"));
}

TEST_F(StorageOfCore, LetsAClassMoveFromTheAnnotation) {
  const std::string spec =
      R"("accessModes":["ReadWriteOnce"],"resources":{"requests":[{"key":"storage","value":"1"}]})";
  const std::string beta = R"(,"annotations":[{"key":"volume.beta.kubernetes.io/storage-class","value":"s"}])";
  const std::string before = claim(spec, "", beta);
  EXPECT_THAT(findings<PersistentVolumeClaim>(before, claim(spec + R"(,"storageClassName":"s")")), IsEmpty());
  EXPECT_THAT(findings<PersistentVolumeClaim>(before, claim(spec)),
              ElementsAre("metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"\": field is "
                          "immutable"));
  EXPECT_THAT(validated(defaulted<PersistentVolumeClaim>(before)).warnings,
              ElementsAre("metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "
                          "\"storageClassName\" attribute instead"));
}

TEST_F(StorageOfCore, ChecksTheStatusOfAClaim) {
  auto status = [&](const std::string& text) {
    auto old = defaulted<PersistentVolumeClaim>(claimOf("1"));
    return validated(defaulted(object<PersistentVolumeClaim>(claimOf("1", "", text)), old, "status"), old, "status")
        .findings;
  };
  EXPECT_THAT(
      status(
          R"("allocatedResourceStatuses":[{"key":"cpu","value":"Any"}],)"
          R"("allocatedResources":[{"key":"x.example/y","value":"-1"}],"capacity":[{"key":"storage","value":"-1"}])"),
      ElementsAre("status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
                  R"(status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "storage")",
                  R"(status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: )"
                  R"("ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", )"
                  R"("NodeResizeInfeasible", "NodeResizePending")",
                  "status.allocatedResources[x.example/y]: Invalid value: -1: must be a valid resource quantity"));
  auto healthy = defaulted(object<PersistentVolumeClaim>(claimOf("1", "", R"("healthStatus":{})")),
                           defaulted<PersistentVolumeClaim>(claimOf("1")), "status");
  EXPECT_FALSE(healthy->getStatus().hasHealthStatus()) << "which is alpha";
}

TEST_F(StorageOfCore, ShowsClaims) {
  EXPECT_THAT(row<PersistentVolumeClaim>(
                  concat(R"({"metadata":{"name":"c","creationTimestamp":")", ago(5min),
                         R"("},"spec":{"volumeName":"v","storageClassName":"s","volumeMode":"Filesystem"},)",
                         R"("status":{"phase":"Bound","accessModes":["ReadWriteOncePod"],)",
                         R"("capacity":[{"key":"storage","value":"5Gi"}]}})")),
              ElementsAre("c", "Bound", "v", "5Gi", "RWOP", "s", "<unset>", "5m", "Filesystem"));
  EXPECT_EQ(row<PersistentVolumeClaim>(claimOf("1"))[3], "") << "until there is a volume";
}

}  // namespace
}  // namespace cleat::test
