// Adds the node selector of a namespace to its pods.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>

using namespace cleat;
using core_v1::Namespace;
using core_v1::Pod;

namespace {

constexpr const char* kAnnotation = "scheduler.alpha.kubernetes.io/node-selector";

using Labels = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// "env=production,disk=ssd". What is no selector is a fault of the cluster's, not of whoever makes a pod.
Result<Labels> parseSelector(std::string_view text) {
  Labels labels;
  for (size_t begin = 0; !text.empty() && begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.find('=', equals + 1) != std::string_view::npos) {
      std::string shown(part);
      std::ranges::replace(shown, '=', ' ');
      return fail({.code = 500, .reason = "", .message = concat("invalid selector: [", shown, "]")});
    }
    labels[std::string(trimmed(part.substr(0, equals)))] = trimmed(part.substr(equals + 1));
    begin = end + 1;
  }
  return labels;
}

bool conflict(const Labels& wanted, TextMapReader selector) {
  for (const auto& [key, value] : wanted) {
    if (lookup(selector, key).value_or(value) != value) return true;
  }
  return false;
}

// An empty list allows everything.
bool allows(const Labels& allowed, TextMapReader selector) {
  if (allowed.empty()) return true;
  for (auto entry : selector) {
    auto found = allowed.find(view(entry.getKey()));
    if (found == allowed.end() || found->second != view(entry.getValue())) return false;
  }
  return true;
}

class PodNodeSelector : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    CLEAT_CO_TRY(default_, parseSelector(config().string("cluster_default_node_selector")));
    for (const std::string& line : config().list("whitelists")) {
      const size_t colon = line.find(':');
      if (colon == std::string::npos) {
        co_return fail(Status::badRequest(concat("whitelists: \"", line, "\" is not NAMESPACE: KEY=VALUE,…")));
      }
      CLEAT_CO_TRY(allowed_[line.substr(0, colon)], parseSelector(std::string_view(line).substr(colon + 1)));
    }
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE}, .mutates = true, .validates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    Result<Labels> wanted = co_await selectorOf(request);
    if (!wanted) co_return fail(wanted.error());
    const Object<Pod> asked = request.object<Pod>();
    if (conflict(*wanted, asked->getSpec().getNodeSelector())) co_return request.forbid(kConflict);
    if (wanted->empty()) co_return Result<void>();
    Draft<Pod> pod(asked);
    auto spec = pod->getSpec();
    for (const auto& [key, value] : *wanted) {
      spec.adoptNodeSelector(withEntry(spec.asReader().getNodeSelector(), orphanageOf(spec), key, value));
    }
    request.replace(std::move(pod));
    co_return Result<void>();
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    Result<Labels> wanted = co_await selectorOf(request);
    if (!wanted) co_return fail(wanted.error());
    const Object<Pod> pod = request.object<Pod>();
    auto selector = pod->getSpec().getNodeSelector();
    if (conflict(*wanted, selector)) co_return request.forbid(kConflict);
    auto allowed = allowed_.find(request.ns());
    if (allowed == allowed_.end() || allows(allowed->second, selector)) co_return Result<void>();
    co_return request.forbid("pod node label selector labels conflict with its namespace whitelist");
  }

 private:
  static constexpr const char* kConflict = "pod node label selector conflicts with its namespace node label selector";

  // Of the namespace, and the cluster's where that has none.
  Task<Result<Labels>> selectorOf(AdmissionRequest& request) {
    Result<Object<Namespace>> found = co_await namespaces_.find("", std::string(request.ns()));
    if (!found && found.error().is(404)) co_return request.refuse(found.error());
    if (!found) co_return request.retry(found.error());
    auto own = annotation(found->meta(), kAnnotation);
    if (!own) co_return default_;
    Result<Labels> parsed = parseSelector(*own);
    if (!parsed) co_return request.refuse(parsed.error());
    co_return parsed;
  }

  Labels default_;
  std::map<std::string, Labels, std::less<>> allowed_;
  Lookup<Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(PodNodeSelector, .name = "admission-pod-node-selector", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- namespaces get,list,watch\n",
             .configSchema =
                 "cluster_default_node_selector string # of namespaces that have none: \"env=production,disk=ssd\"\n"
                 "whitelists list # what the selectors of a namespace's pods may say: \"NAMESPACE: env=test\"\n");
