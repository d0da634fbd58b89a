#include "kinds-core/pod_streams.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/percent.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

namespace {

constexpr std::string_view kDefaultContainer = "kubectl.kubernetes.io/default-container";
constexpr uint16_t kAgentPort = 10250;

// A decoded query, in its order.
class Query {
 public:
  explicit Query(std::string_view text) {
    while (!text.empty()) {
      size_t end = text.find('&');
      std::string_view pair = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (pair.empty()) continue;
      size_t equals = pair.find('=');
      bool bare = equals == std::string_view::npos;
      pairs_.emplace_back(decode(pair.substr(0, equals)), bare ? std::string() : decode(pair.substr(equals + 1)));
    }
  }

  std::optional<std::string_view> get(std::string_view name) const {
    for (const auto& [key, value] : pairs_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  std::vector<std::string_view> all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : pairs_) {
      if (key == name) values.push_back(value);
    }
    return values;
  }
  // Present, and not "false" or "0".
  bool isTrue(std::string_view name) const {
    auto value = get(name);
    return value && *value != "false" && *value != "False" && *value != "FALSE" && *value != "0";
  }

 private:
  static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = static_cast<char>(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }
  static std::string decode(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      bool escaped = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
      if (escaped) {
        out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
      } else {
        out += text[i] == '+' ? ' ' : text[i];
      }
    }
    return out;
  }

  std::vector<std::pair<std::string, std::string>> pairs_;
};

void addPair(std::string& query, std::string_view name, std::string_view value) {
  query += query.empty() ? '?' : '&';
  appendTo(query, concat(name, '=', percentEncoded(value)));
}

template <class Containers>
bool hasName(Containers containers, std::string_view name) {
  for (auto container : containers) {
    if (view(container.getName()) == name) return true;
  }
  return false;
}

std::string namesOf(core_v1::PodSpec::Reader spec) {
  std::string names;
  auto add = [&](auto containers) {
    for (auto container : containers) {
      if (!names.empty()) names += ' ';
      names += view(container.getName());
    }
  };
  add(spec.getInitContainers());
  add(spec.getContainers());
  add(spec.getEphemeralContainers());
  return names;
}

bool hasContainer(core_v1::PodSpec::Reader spec, std::string_view name) {
  return hasName(spec.getContainers(), name) || hasName(spec.getInitContainers(), name) ||
         hasName(spec.getEphemeralContainers(), name);
}

// The container that the request names, or the only or default one.
Result<std::string> chooseContainer(core_v1::Pod::Reader pod, std::string_view wanted) {
  auto spec = pod.getSpec();
  std::string_view podName = view(pod.getMetadata().getName());
  if (!wanted.empty()) {
    if (hasContainer(spec, wanted)) return std::string(wanted);
    return fail(Status::badRequest(concat("container ", wanted, " is not valid for pod ", podName)));
  }
  if (spec.getContainers().size() == 1) return str(spec.getContainers()[0].getName());
  auto byAnnotation = annotation(pod.getMetadata(), kDefaultContainer);
  if (byAnnotation && hasContainer(spec, *byAnnotation)) return std::string(*byAnnotation);
  std::string message = concat("a container name must be specified for pod ", podName);
  if (spec.getContainers().size() > 0) {
    message = concat(message, ", choose one of: [", namesOf(spec), "]");
  }
  return fail(Status::badRequest(std::move(message)));
}

Result<void> checkAtLeast(const Query& query, std::string_view name, int64_t least, std::string_view words,
                          Findings& findings) {
  const auto text = query.get(name);
  if (!text) return {};
  int64_t value = 0;
  auto [end, error] = std::from_chars(text->begin(), text->end(), value);
  if (error != std::errc() || end != text->end()) {
    return fail(Status::badRequest(concat("strconv.ParseInt: parsing ", inQuotes(*text), ": invalid syntax")));
  }
  if (value < least) findings.invalid(Path(name), value, words);
  return {};
}

// `stream` is a feature that is off by default in Kubernetes.
Result<void> checkLogOptions(const Query& query, std::string_view podName) {
  constexpr std::string_view kPositive = "must be greater than 0";
  Findings findings;
  CLEAT_TRY(checkAtLeast(query, "tailLines", 0, kNotNegative, findings));
  CLEAT_TRY(checkAtLeast(query, "limitBytes", 1, kPositive, findings));
  CLEAT_TRY(checkAtLeast(query, "sinceSeconds", 1, kPositive, findings));
  const auto since = query.get("sinceTime");
  if (since && !parseTime(*since)) {
    return fail(
        Status::badRequest(concat("parsing time ", inQuotes(*since), " as \"2006-01-02T15:04:05Z07:00\": cannot parse ",
                                  inQuotes(*since), " as \"2006\"")));
  }
  if (since && query.get("sinceSeconds")) {
    findings.forbidden(Path("[]"), "at most one of `sinceTime` or `sinceSeconds` may be specified");
  }
  if (query.get("stream")) findings.forbidden(Path("stream"), "may not be specified");
  if (findings.empty()) return {};
  return fail(Status::invalid("PodLogOptions", podName, findings.causes()));
}

std::string logQuery(const Query& query) {
  std::string out;
  for (std::string_view flag : {"follow", "previous", "timestamps"}) {
    if (query.isTrue(flag)) addPair(out, flag, "true");
  }
  for (std::string_view name : {"limitBytes", "sinceSeconds", "sinceTime", "tailLines"}) {
    if (auto value = query.get(name)) addPair(out, name, *value);
  }
  return out;
}

std::string streamQuery(const Query& query, bool withCommand) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kStreams{
      {{"stdin", "input"}, {"stdout", "output"}, {"stderr", "error"}, {"tty", "tty"}}};
  std::string out;
  if (withCommand) {
    for (std::string_view argument : query.all("command")) addPair(out, "command", argument);
  }
  for (const auto& [ours, agents] : kStreams) {
    if (query.isTrue(ours)) addPair(out, agents, "1");
  }
  return out;
}

}  // namespace

Result<std::string> agentPath(core_v1::Pod::Reader pod, std::string_view subresource, std::string_view rawQuery) {
  Query query(rawQuery);
  std::string_view name = view(pod.getMetadata().getName());
  std::string object = concat(view(pod.getMetadata().getNamespace()), "/", name);
  bool forward = subresource == "portforward";
  const bool isLog = subresource == "log";
  if (isLog) {
    CLEAT_TRY(checkLogOptions(query, name));
  }
  std::string container;
  if (!forward) {
    CLEAT_TRY(auto chosen, chooseContainer(pod, query.get("container").value_or("")));
    container = chosen;
  }
  if (pod.getSpec().getNodeName().size() == 0) {
    if (isLog) return std::string();
    return fail(Status::badRequest(concat("pod ", name, " does not have a host assigned")));
  }
  if (forward) {
    std::string ports;
    for (std::string_view port : query.all("ports")) addPair(ports, "port", port);
    return concat("/portForward/", object, ports);
  }
  if (isLog) return concat("/containerLogs/", object, "/", container, logQuery(query));
  return concat("/", subresource, "/", object, "/", container, streamQuery(query, subresource == "exec"));
}

Result<std::string> agentAddress(core_v1::Node::Reader node) {
  int32_t port = node.getStatus().getDaemonEndpoints().getKubeletEndpoint().getPort();
  if (port <= 0) port = kAgentPort;
  for (std::string_view type : {"InternalIP", "ExternalIP", "Hostname"}) {
    for (auto address : node.getStatus().getAddresses()) {
      std::string_view text = view(address.getAddress());
      if (view(address.getType()) != type || text.empty()) continue;
      return concat("https://", hostPort(text, port));
    }
  }
  std::string known;
  for (auto address : node.getStatus().getAddresses()) known += concat(known.empty() ? "" : " ", address.getType());
  return fail(Status::internal(concat("no preferred addresses found; known addresses: [", known, "]")));
}

}  // namespace cleat::kinds::core
