// Gives pods their service account, and mounts its token.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <chrono>

#include "mirror_pod.h"
#include "mountable_secrets.h"

using namespace cleat;

namespace {

constexpr const char* kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr const char* kVolumePrefix = "kube-api-access-";
constexpr const char* kDefaultAccount = "default";
// An hour, and a little so that a token is not refreshed just before a round hour ends.
constexpr int64_t kTokenSeconds = 3607;

bool mountsAt(core_v1::Container::Reader container, std::string_view path) {
  for (auto mount : container.getVolumeMounts()) {
    if (view(mount.getMountPath()) == path) return true;
  }
  return false;
}

void addMount(core_v1::Container::Builder container, const std::string& volume) {
  if (mountsAt(container.asReader(), kMountPath)) return;
  container.adoptVolumeMounts(
      extended<core_v1::VolumeMount>(container.disownVolumeMounts(), orphanageOf(container), 1));
  auto mounts = container.getVolumeMounts();
  auto mount = mounts[mounts.size() - 1];
  mount.setName(volume);
  mount.setMountPath(kMountPath);
  mount.setReadOnly(true);
}

void fillTokenVolume(core_v1::Volume::Builder volume, const std::string& name) {
  volume.setName(name);
  auto projected = volume.initProjected();
  projected.initDefaultMode().setValue(0644);
  auto sources = projected.initSources(3);
  auto token = sources[0].initServiceAccountToken();
  token.initExpirationSeconds().setValue(kTokenSeconds);
  token.setPath("token");
  auto authority = sources[1].initConfigMap();
  authority.setName("kube-root-ca.crt");
  auto item = authority.initItems(1)[0];
  item.setKey("ca.crt");
  item.setPath("ca.crt");
  auto file = sources[2].initDownwardAPI().initItems(1)[0];
  file.setPath("namespace");
  auto field = file.initFieldRef();
  field.setApiVersion("v1");
  field.setFieldPath("metadata.namespace");
}

class ServiceAccountAdmission : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    accounts_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE}, .mutates = true, .validates = true},
            {.resource = "pods/ephemeralcontainers", .operations = {role::Operation::UPDATE}, .validates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const auto original = request.object<core_v1::Pod>();
    if (isMirror(original)) {
      std::optional<std::string> wrong = wrongWithMirror(original->getSpec());
      if (wrong) co_return request.forbid(*wrong);
      co_return Result<void>();
    }
    const std::string ns(request.ns());
    std::string name = str(original->getSpec().getServiceAccountName());
    if (name.empty()) name = str(original->getSpec().getServiceAccount());
    if (name.empty()) name = kDefaultAccount;
    Result<Object<core_v1::ServiceAccount>> account = co_await find(ns, name);
    if (!account && account.error().is(404)) {
      co_return request.forbid(
          concat("error looking up service account ", ns, "/", name, ": serviceaccount \"", name, "\" not found"));
    }
    if (!account) co_return request.retry(account.error());
    if (hasAll(original->getSpec(), name, **account)) co_return Result<void>();
    Draft<core_v1::Pod> pod(original);
    auto spec = pod->getSpec();
    spec.setServiceAccountName(name);
    spec.setServiceAccount(name);
    if (spec.getImagePullSecrets().size() == 0 && (*account)->getImagePullSecrets().size() > 0) {
      spec.setImagePullSecrets((*account)->getImagePullSecrets());
    }
    if (wantsToken(spec.asReader(), **account)) mountToken(spec);
    request.replace(std::move(pod));
    co_return Result<void>();
  }

  // After everybody has changed what they change.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    const auto pod = request.object<core_v1::Pod>();
    const bool ephemeral = request.subresource() == "ephemeralcontainers";
    std::string name = str(pod->getSpec().getServiceAccountName());
    if (name.empty()) co_return Result<void>();
    const Object<core_v1::ServiceAccount> account = accounts_.get(std::string(request.ns()), name);
    if (!account || !enforcesSecrets(account)) co_return Result<void>();
    const std::optional<std::string> foreign =
        ephemeral ? foreignSecretOfEphemeral(pod->getSpec(), account) : foreignSecretOf(pod->getSpec(), account);
    if (foreign) co_return request.forbid(*foreign);
    co_return Result<void>();
  }

 private:
  // The default account of a namespace made a moment ago is on its way: it is waited for, shortly.
  Task<Result<Object<core_v1::ServiceAccount>>> find(std::string ns, std::string name) {
    const int tries = name == kDefaultAccount ? 10 : 1;
    for (int attempt = 1;; ++attempt) {
      Object<core_v1::ServiceAccount> known = accounts_.get(ns, name);
      if (known) co_return known;
      Result<Object<core_v1::ServiceAccount>> live = co_await client_.get<core_v1::ServiceAccount>(ns, name);
      if (live || !live.error().is(404) || attempt == tries) co_return live;
      co_await context().sleep(std::chrono::milliseconds(20 * attempt));
    }
  }

  static bool wantsToken(core_v1::PodSpec::Reader spec, core_v1::ServiceAccount::Reader account) {
    if (spec.hasAutomountServiceAccountToken()) return spec.getAutomountServiceAccountToken().getValue();
    return valueOr(account.getAutomountServiceAccountToken(), true);
  }

  static bool hasMounts(core_v1::PodSpec::Reader spec) {
    bool missing = false;
    for (auto container : spec.getContainers()) missing = missing || !mountsAt(container, kMountPath);
    for (auto container : spec.getInitContainers()) missing = missing || !mountsAt(container, kMountPath);
    return !missing;
  }
  // Whether it was given all that the account gives, as it is when it is asked about once more.
  static bool hasAll(core_v1::PodSpec::Reader spec, std::string_view name, core_v1::ServiceAccount::Reader account) {
    return view(spec.getServiceAccountName()) == name && view(spec.getServiceAccount()) == name &&
           (spec.getImagePullSecrets().size() > 0 || account.getImagePullSecrets().size() == 0) &&
           (!wantsToken(spec, account) || hasMounts(spec));
  }

  void mountToken(core_v1::PodSpec::Builder spec) {
    if (hasMounts(spec.asReader())) return;
    // One of that name is there in a pod that was copied from another.
    std::string name = accessVolumeOf(spec.asReader());
    const bool fresh = name.empty();
    if (fresh) name = kVolumePrefix + randomSuffix();
    for (auto container : spec.getInitContainers()) addMount(container, name);
    for (auto container : spec.getContainers()) addMount(container, name);
    if (!fresh) return;
    spec.adoptVolumes(extended<core_v1::Volume>(spec.disownVolumes(), orphanageOf(spec), 1));
    auto volumes = spec.getVolumes();
    fillTokenVolume(volumes[volumes.size() - 1], name);
  }

  static std::string accessVolumeOf(core_v1::PodSpec::Reader spec) {
    for (auto volume : spec.getVolumes()) {
      if (view(volume.getName()).starts_with(kVolumePrefix)) return str(volume.getName());
    }
    return {};
  }

  std::string randomSuffix() {
    constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
    std::string suffix;
    uint64_t bits = context().random64();
    for (int i = 0; i < 5; ++i, bits /= kLetters.size()) suffix += kLetters[bits % kLetters.size()];
    return suffix;
  }

  Client client_{context()};
  Informer<core_v1::ServiceAccount> accounts_{context()};
};

}  // namespace

CLEAT_PLUGIN(ServiceAccountAdmission, .name = "admission-service-account", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- serviceaccounts get,list,watch\n");
