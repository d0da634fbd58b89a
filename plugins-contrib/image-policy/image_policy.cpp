// Says which images may run: those of the registries that the operator names, and, if they want it so, none that is not
// named by its digest. What makes pods (a Deployment, a Job…) is let through with a warning, since its pods will not
// be.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_replication.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace {

using namespace cleat;
using core_v1::PodSpec;
using Texts = std::vector<std::string>;

// As a runtime reads it: "nginx" is docker.io/library/nginx.
std::string wholeName(std::string_view image) {
  const size_t slash = image.find('/');
  const std::string_view first = image.substr(0, slash == std::string_view::npos ? 0 : slash);
  if (first.find_first_of(".:") != std::string_view::npos || first == "localhost") return std::string(image);
  return concat("docker.io/", first.empty() ? "library/" : "", image);
}

// "registry.example" is that registry, and "registry.example/team" what is below that path of it.
bool isBelow(std::string_view image, std::string_view place) {
  return image.starts_with(place) && image.size() > place.size() && image[place.size()] == '/';
}

bool hasDigest(std::string_view image) {
  constexpr std::string_view kBefore = "@sha256:";
  const size_t at = image.find(kBefore);
  if (at == std::string_view::npos) return false;
  const std::string_view digits = image.substr(at + kBefore.size());
  return digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class ImagePolicy : public AdmissionPlugin {
 public:
  explicit ImagePolicy(Context& context)
      : AdmissionPlugin(context), registries_(config().list("registries")), exempt_(config().list("exempt_namespaces")),
        wantsDigest_(config().boolean("require_digest")) {
    for (std::string& place : registries_) {
      while (place.ends_with('/')) place.pop_back();
    }
  }

  std::vector<AdmissionInterest> interests() override {
    using enum role::Operation;
    std::vector<AdmissionInterest> all;
    for (const char* resource : {"pods", "pods/ephemeralcontainers", "replicationcontrollers"}) {
      all.push_back({.resource = resource, .operations = {CREATE, UPDATE}, .validates = true});
    }
    for (const char* resource : {"deployments", "replicasets", "statefulsets", "daemonsets"}) {
      all.push_back({.group = "apps", .resource = resource, .operations = {CREATE, UPDATE}, .validates = true});
    }
    for (const char* resource : {"jobs", "cronjobs"}) {
      all.push_back({.group = "batch", .resource = resource, .operations = {CREATE, UPDATE}, .validates = true});
    }
    return all;
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (std::ranges::find(exempt_, request.ns()) != exempt_.end()) co_return {};
    if (request.resource() == "pods") {
      // A pod that runs already may go on and end: only images that come with this change are looked at.
      const Object<core_v1::Pod> old = request.old<core_v1::Pod>();
      const Texts before = old ? imagesOf(old->getSpec()) : Texts();
      for (const std::string& image : imagesOf(request.object<core_v1::Pod>()->getSpec())) {
        if (std::ranges::find(before, image) != before.end()) continue;
        if (std::string why = objection(image); !why.empty()) co_return request.forbid(why);
      }
      co_return {};
    }
    std::vector<std::string> warnings;
    for (const std::string& image : imagesOfTemplate(request)) {
      if (std::string why = objection(image); !why.empty()) warnings.push_back("its pods will be refused: " + why);
    }
    if (!warnings.empty()) request.warn(warnings);
    co_return {};
  }

 private:
  static Texts imagesOf(PodSpec::Reader spec) {
    Texts images;
    for (auto container : spec.getInitContainers()) images.push_back(str(container.getImage()));
    for (auto container : spec.getContainers()) images.push_back(str(container.getImage()));
    for (auto container : spec.getEphemeralContainers()) images.push_back(str(container.getImage()));
    for (auto volume : spec.getVolumes()) {
      if (volume.hasImage()) images.push_back(str(volume.getImage().getReference()));
    }
    return images;
  }

  template <class K>
  static Texts imagesIn(AdmissionRequest& request) {
    return imagesOf(request.object<K>()->getSpec().getTemplate().getSpec());
  }
  static Texts imagesOfTemplate(AdmissionRequest& request) {
    const std::string_view resource = request.resource();
    if (resource == "deployments") return imagesIn<apps_v1::Deployment>(request);
    if (resource == "replicasets") return imagesIn<apps_v1::ReplicaSet>(request);
    if (resource == "statefulsets") return imagesIn<apps_v1::StatefulSet>(request);
    if (resource == "daemonsets") return imagesIn<apps_v1::DaemonSet>(request);
    if (resource == "replicationcontrollers") return imagesIn<core_v1::ReplicationController>(request);
    if (resource == "jobs") return imagesIn<batch_v1::Job>(request);
    auto made = request.object<batch_v1::CronJob>()->getSpec().getJobTemplate().getSpec();
    return imagesOf(made.getTemplate().getSpec());
  }

  // Why the image may not run; empty: it may.
  std::string objection(const std::string& image) const {
    if (image.empty()) return {};  // of a pod whose image somebody else fills in, or validation names as missing
    const std::string whole = wholeName(image);
    const bool known =
        std::ranges::any_of(registries_, [&](const std::string& place) { return isBelow(whole, place); });
    if (!known && !registries_.empty()) {
      std::string places;
      for (const std::string& place : registries_) places += concat(places.empty() ? "" : ", ", place);
      return concat("the image ", inQuotes(image), " comes from none of: ", places);
    }
    if (wantsDigest_ && !hasDigest(image)) {
      return concat("the image ", inQuotes(image), " is not named by its digest (NAME@sha256:…)");
    }
    return {};
  }

  Texts registries_;
  const Texts exempt_;
  const bool wantsDigest_;
};

}  // namespace

CLEAT_PLUGIN(ImagePolicy, .name = "admission-image-policy", .version = "1.0.0", .maturity = "beta",
             .roles = "admission",
             .configSchema =
                 "registries list # where images may come from: REGISTRY or REGISTRY/PATH; none: from anywhere\n"
                 "require_digest bool false # whether every image has to be named by its digest\n"
                 "exempt_namespaces list # where all of this does not count\n");
