#include "pod/field_ref.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

namespace cleat::agent {
namespace {

void appendQuoted(std::string& out, std::string_view value) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (char c : value) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\\x";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string mapText(TextMapReader map) {
  std::string out;
  for (auto entry : map) {
    if (!out.empty()) out += '\n';
    out += view(entry.getKey());
    out += '=';
    appendQuoted(out, view(entry.getValue()));
  }
  return out;
}

// The key of "metadata.labels['KEY']", if `path` is of that form.
std::optional<std::string_view> subscript(std::string_view path, std::string_view map) {
  if (!path.starts_with(map)) return std::nullopt;
  path.remove_prefix(map.size());
  if (!path.starts_with("['") || !path.ends_with("']") || path.size() < 4) return std::nullopt;
  return path.substr(2, path.size() - 4);
}

std::string first(const std::vector<std::string>& texts) { return texts.empty() ? std::string() : texts.front(); }

// Fields of the node and of the pod's status, which the pod's object may not have yet.
std::optional<std::string> statusField(core_v1::Pod::Reader pod, std::string_view path, const PodFacts& facts) {
  auto spec = pod.getSpec();
  if (path == "spec.nodeName") return facts.nodeName;
  if (path == "spec.serviceAccountName") return str(spec.getServiceAccountName());
  if (path == "status.podIP") return first(facts.podIps);
  if (path == "status.podIPs") return joined(facts.podIps, ",");
  if (path == "status.hostIP") return first(facts.hostIps);
  if (path == "status.hostIPs") return joined(facts.hostIps, ",");
  return std::nullopt;
}

int64_t ceilDivide(int64_t value, int64_t divisor) { return value / divisor + (value % divisor != 0 ? 1 : 0); }

}  // namespace

Result<std::string> fieldValue(core_v1::Pod::Reader pod, std::string_view path, const PodFacts& facts) {
  auto meta = pod.getMetadata();
  if (path == "metadata.name") return str(meta.getName());
  if (path == "metadata.namespace") return str(meta.getNamespace());
  if (path == "metadata.uid") return str(meta.getUid());
  if (path == "metadata.labels") return mapText(meta.getLabels());
  if (path == "metadata.annotations") return mapText(meta.getAnnotations());
  if (auto key = subscript(path, "metadata.labels")) return std::string(valueIn(meta.getLabels(), *key));
  if (auto key = subscript(path, "metadata.annotations")) return std::string(valueIn(meta.getAnnotations(), *key));
  if (auto value = statusField(pod, path, facts)) return *value;
  return fail(Status::badRequest(concat("unsupported fieldPath: ", path)));
}

Result<std::string> resourceValue(core_v1::Container::Reader container, core_v1::ResourceFieldSelector::Reader selector,
                                  const PodFacts& facts) {
  std::string_view name = view(selector.getResource());
  bool limits = name.starts_with("limits.");
  if (!limits && !name.starts_with("requests.")) {
    return fail(Status::badRequest(concat("unsupported container resource : ", name)));
  }
  std::string_view resource = name.substr(name.find('.') + 1);
  auto resources = container.getResources();
  auto set = lookup(limits ? resources.getLimits() : resources.getRequests(), resource);
  bool isCpu = resource == "cpu";
  if (!isCpu && resource != "memory" && resource != "ephemeral-storage" && !resource.starts_with("hugepages-")) {
    return fail(Status::badRequest(concat("unsupported container resource : ", name)));
  }
  // Thousandths for CPU, whole units for the rest.
  auto amountOf = [&](std::string_view text) {
    Quantity quantity = Quantity::parse(text).value_or(Quantity());
    return isCpu ? quantity.milliValue() : quantity.value();
  };
  int64_t amount = set ? amountOf(*set) : 0;
  if (limits && amount == 0) {
    if (isCpu) amount = facts.nodeMilliCpu;
    if (resource == "memory") amount = facts.nodeMemoryBytes;
    if (resource == "ephemeral-storage") amount = facts.nodeEphemeralBytes;
  }
  std::string_view divisorText = view(selector.getDivisor());
  bool unset = divisorText.empty() || divisorText == "0";
  int64_t divisor = amountOf(unset ? "1" : divisorText);
  if (divisor <= 0) return fail(Status::badRequest(concat("invalid divisor ", divisorText)));
  return concat(ceilDivide(amount, divisor));
}

}  // namespace cleat::agent
