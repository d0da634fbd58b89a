#include "probes/probe_run.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "node/node_status.h"
#include "probes/redirects.h"

namespace cleat::agent {
namespace {

using Result = ProbeOutcome::Result;

bool contains(const std::vector<std::pair<std::string, std::string>>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return isHeader(header.first, name); });
}

Task<ProbeOutcome> runExec(NodeServices& node, core_v1::Probe::Reader probe, std::string containerId,
                           Duration timeout) {
  auto command = strings(probe.getExec().getCommand());
  auto ran = co_await node.runtime.execSync(std::move(containerId), command, timeout);
  if (!ran) co_return ProbeOutcome{Result::error, ran.error().message};
  if (ran->timedOut) {
    std::string words;
    for (const auto& word : command) words += (words.empty() ? "" : " ") + word;
    co_return ProbeOutcome{Result::failure,
                           concat("command timed out: \"", words, "\" timed out after ", formatDuration(timeout))};
  }
  co_return ProbeOutcome{ran->exitCode == 0 ? Result::success : Result::failure, std::move(ran->output)};
}

Task<ProbeOutcome> runHttp(NodeServices& node, HttpRequest request, Duration timeout) {
  FollowedAnswer followed = co_await getFollowing(node, std::move(request), timeout);
  HttpAnswer& answer = followed.answer;
  if (!answer.error.empty()) {
    co_return ProbeOutcome{Result::failure, concat("Get \"", followed.url, "\": ", answer.error)};
  }
  if (answer.status >= 300 && answer.status < 400) {
    co_return ProbeOutcome{Result::warning, concat("Probe terminated redirects, Response body: ", answer.body)};
  }
  if (answer.status >= 200 && answer.status < 300) co_return ProbeOutcome{Result::success, std::move(answer.body)};
  co_return ProbeOutcome{Result::failure, concat("HTTP probe failed with statuscode: ", answer.status)};
}

}  // namespace

bool isHeader(std::string_view name, std::string_view wanted) {
  return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

std::optional<uint16_t> portNumber(core_v1::Container::Reader container, meta_v1::IntOrString::Reader port) {
  int32_t number = port.isIntVal() ? port.getIntVal() : 0;
  if (port.isStrVal()) {
    for (auto known : container.getPorts()) {
      if (view(known.getName()) == view(port.getStrVal())) number = known.getContainerPort();
    }
  }
  if (number < 1 || number > 65535) return std::nullopt;
  return static_cast<uint16_t>(number);
}

std::optional<HttpRequest> requestOf(core_v1::Container::Reader container, core_v1::HTTPGetAction::Reader action,
                                     const std::string& podIp, std::string_view userAgent) {
  auto port = portNumber(container, action.getPort());
  if (!port) return std::nullopt;
  HttpRequest request;
  request.tls = view(action.getScheme()) == "HTTPS";
  request.host = action.getHost().size() != 0 ? str(action.getHost()) : podIp;
  request.port = *port;
  request.path = str(action.getPath());
  if (request.path.empty() || request.path[0] != '/') request.path = "/" + request.path;
  for (auto header : action.getHttpHeaders()) {
    request.headers.emplace_back(str(header.getName()), str(header.getValue()));
  }
  if (!contains(request.headers, "User-Agent")) request.headers.emplace_back("User-Agent", userAgent);
  if (!contains(request.headers, "Accept")) request.headers.emplace_back("Accept", "*/*");
  if (!contains(request.headers, "Host")) {
    request.headers.emplace_back("Host", authorityOf(request));
  }
  return request;
}

std::string urlOf(const HttpRequest& request) {
  return concat(request.tls ? "https://" : "http://", authorityOf(request), request.path);
}

Task<ProbeOutcome> runProbe(NodeServices& node, core_v1::Container::Reader container, core_v1::Probe::Reader probe,
                            std::string containerId, std::string podIp) {
  Duration timeout = std::chrono::seconds(std::max(1, probe.getTimeoutSeconds()));
  if (probe.hasExec()) co_return co_await runExec(node, probe, std::move(containerId), timeout);
  if (probe.hasHttpGet()) {
    auto request = requestOf(container, probe.getHttpGet(), podIp, concat("kube-probe/", kKubernetesRelease));
    if (!request) co_return ProbeOutcome{Result::error, "the port of the probe has no number"};
    co_return co_await runHttp(node, std::move(*request), timeout);
  }
  if (probe.hasTcpSocket()) {
    auto port = portNumber(container, probe.getTcpSocket().getPort());
    if (!port) co_return ProbeOutcome{Result::error, "the port of the probe has no number"};
    std::string host = probe.getTcpSocket().getHost().size() != 0 ? str(probe.getTcpSocket().getHost()) : podIp;
    std::string why = co_await node.net.connect(std::move(host), *port, timeout);
    co_return ProbeOutcome{why.empty() ? Result::success : Result::failure, std::move(why)};
  }
  if (probe.hasGrpc()) {
    auto grpc = probe.getGrpc();
    if (grpc.getPort() < 1 || grpc.getPort() > 65535) co_return ProbeOutcome{Result::error, "the probe has no port"};
    std::string why = co_await node.net.grpcHealth(std::move(podIp), static_cast<uint16_t>(grpc.getPort()),
                                                   str(grpc.getService()), timeout);
    co_return ProbeOutcome{why.empty() ? Result::success : Result::failure, std::move(why)};
  }
  co_return ProbeOutcome{Result::error, "the probe does not say what to do"};
}

}  // namespace cleat::agent
