#include "image_review.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include "remote-common/review_server.h"
#include "webhook-common/json_object.h"

namespace cleat::image_policy {

namespace {

constexpr std::string_view kApiVersion = "imagepolicy.k8s.io/v1alpha1", kKind = "ImageReview";
// What an operator says to the backend in a pod's annotations.
constexpr std::string_view kAnnotations = ".image-policy.k8s.io/";

void appendImages(std::string& list, auto containers) {
  for (auto container : containers) {
    if (list.back() != '[') list += ',';
    webhook::JsonObject one(list);
    one.textIfAny("image", view(container.getImage()));
  }
}

}  // namespace

std::string imageReviewText(const Object<core_v1::Pod>& pod, std::string_view ns, Images which) {
  std::string out;
  {
    webhook::JsonObject review(out);
    review.text("kind", kKind);
    review.text("apiVersion", kApiVersion);
    webhook::JsonObject spec(review.name("spec"));
    std::string& list = spec.name("containers");
    list += '[';
    if (which == Images::ofPod) {
      appendImages(list, pod->getSpec().getContainers());
      appendImages(list, pod->getSpec().getInitContainers());
    } else {
      appendImages(list, pod->getSpec().getEphemeralContainers());
    }
    list += ']';
    bool hasAny = false;
    for (auto entry : pod.meta().getAnnotations()) {
      hasAny = hasAny || view(entry.getKey()).find(kAnnotations) != std::string_view::npos;
    }
    if (hasAny) {
      webhook::JsonObject annotations(spec.name("annotations"));
      for (auto entry : pod.meta().getAnnotations()) {
        if (view(entry.getKey()).find(kAnnotations) == std::string_view::npos) continue;
        annotations.text(view(entry.getKey()), view(entry.getValue()));
      }
    }
    spec.textIfAny("namespace", ns);
  }
  return out;
}

Result<ImageVerdict> readImageReview(std::string_view text) {
  CLEAT_TRY(const JsonTree status, remote::reviewStatus(text, kApiVersion, kKind));
  ImageVerdict verdict;
  auto allowed = status.view().member("allowed"), reason = status.view().member("reason");
  verdict.isAllowed = allowed && allowed->boolean();
  if (reason) verdict.reason = str(reason->text());
  if (auto said = status.view().member("auditAnnotations"); said && said->isObject()) {
    for (JsonView each : said->items()) verdict.annotations.emplace_back(each.name(), each.text());
  }
  return verdict;
}

}  // namespace cleat::image_policy
