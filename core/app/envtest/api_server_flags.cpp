#include "core/app/envtest/api_server_flags.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>

#include <filesystem>

#include "core/app/envtest/admission_names.h"
#include "core/app/envtest/foreign_flags.h"
#include "core/base/config_checks.h"

namespace cleat::app {
namespace {

constexpr const char* kApiServer = "kube-apiserver";
constexpr auto kEffect = ForeignFlag::Use::effect;
constexpr auto kNone = ForeignFlag::Use::none;

constexpr ForeignFlag kApiServerFlags[] = {
    {"advertise-address", kEffect, "the address at which others reach the server"},
    {"allow-privileged", kEffect, "true: namespaces say what is allowed in them", true},
    {"anonymous-auth", kEffect, "whether callers without credentials are let through to authorization", true},
    {"authorization-mode", kEffect, "RBAC, Node, AlwaysAllow, AlwaysDeny, in the order in which they are asked"},
    {"bind-address", kEffect, "the address to listen at"},
    {"cert-dir", kEffect, "folder with apiserver.crt and apiserver.key"},
    {"client-ca-file", kEffect, "authorities of clients' certificates"},
    {"disable-admission-plugins", kEffect, "admission plugins that are on by default and shall not be"},
    {"enable-admission-plugins", kEffect, "admission plugins beside those that are on by default"},
    {"enable-priority-and-fairness", kEffect, "whether FlowSchemas say how requests share the server", true},
    {"etcd-servers", kEffect, "URL of the etcd of `cleat envtest`, which knows the folder of the state"},
    {"max-requests-inflight", kEffect, "requests in hand, watches not counted"},
    {"secure-port", kEffect, "the port to listen at"},
    {"service-account-issuer", kEffect, "who service accounts' tokens say that they are from"},
    {"service-account-key-file", kEffect, "the public half of the key below"},
    {"service-account-signing-key-file", kEffect, "the key that signs service accounts' tokens"},
    {"service-cluster-ip-range", kEffect, "addresses of services"},
    {"service-node-port-range", kEffect, "ports of services on nodes"},
    {"storage-backend", kEffect, "etcd3"},
    {"tls-cert-file", kEffect, "the server's certificate"},
    {"tls-private-key-file", kEffect, "and its key"},
    {"token-auth-file", kEffect, "static bearer tokens"},
    {"apiserver-count", kNone},
    {"contention-profiling", kNone, "", true},
    {"default-watch-cache-size", kNone},
    {"delete-collection-workers", kNone},
    {"enable-aggregator-routing", kNone, "", true},
    {"enable-garbage-collector", kNone, "", true},
    {"endpoint-reconciler-type", kNone},
    {"etcd-compaction-interval", kNone},
    {"etcd-count-metric-poll-period", kNone},
    {"etcd-healthcheck-timeout", kNone},
    {"etcd-readycheck-timeout", kNone},
    {"event-ttl", kNone},
    {"feature-gates", kNone},
    {"goaway-chance", kNone},
    {"http2-max-streams-per-connection", kNone},
    {"livez-grace-period", kNone},
    {"log-flush-frequency", kNone},
    {"logging-format", kNone},
    {"logtostderr", kNone, "", true},
    {"max-mutating-requests-inflight", kNone},
    {"min-request-timeout", kNone},
    {"profiling", kNone, "", true},
    {"request-timeout", kNone},
    {"runtime-config", kNone},
    {"service-account-lookup", kNone, "", true},
    {"shutdown-delay-duration", kNone},
    {"storage-media-type", kNone},
    {"tls-cipher-suites", kNone},
    {"tls-min-version", kNone},
    {"v", kNone},
    {"vmodule", kNone},
    {"watch-cache", kNone, "", true},
    {"watch-cache-sizes", kNone},
};

// What kube-apiserver does by itself. All else is other programs' work, and does not happen where those are not.
const std::vector<std::string> kApiServerControllers = {"controller-bootstrap", "controller-apiextensions",
                                                        "controller-apiregistration", "controller-flowcontrol"};

Status badFlag(const char* flag, std::string_view why) {
  return Status::badRequest(concat(kApiServer, ": --", flag, ": ", why));
}

base::PluginSetting textSetting(const char* key, std::string value) {
  base::PluginSetting setting;
  setting.key = key;
  setting.text = std::move(value);
  setting.where = kApiServer;
  return setting;
}

Result<std::vector<std::string>> authorizersOf(const ForeignFlags& flags) {
  std::vector<std::string> modes = flags.list("authorization-mode"), chain;
  if (modes.empty()) modes = {"AlwaysAllow"};
  for (const std::string& mode : modes) {
    const std::string plugin = mode == "RBAC"          ? "authz-rbac"
                               : mode == "Node"        ? "authz-node"
                               : mode == "AlwaysAllow" ? "authz-always-allow"
                               : mode == "AlwaysDeny"  ? "authz-always-deny"
                                                       : "";
    if (plugin.empty()) return fail(badFlag("authorization-mode", concat("no such mode here: ", mode)));
    chain.push_back(plugin);
  }
  return chain;
}

Result<void> readServing(const ForeignFlags& flags, ApiServerFlags& out) {
  base::Config::Server& server = out.settings.config.server;
  const std::string address = flags.get("bind-address").empty() ? "0.0.0.0" : flags.get("bind-address");
  const std::string port = flags.get("secure-port").empty() ? "6443" : flags.get("secure-port");
  const std::optional<uint16_t> number = parseInteger<uint16_t>(port);
  if (!number) return fail(badFlag("secure-port", concat(port, " is no port")));
  out.settings.listen = hostPort(address, *number);
  server.advertiseAddress = flags.get("advertise-address");
  if (const std::string ranges = flags.get("service-cluster-ip-range"); !ranges.empty()) {
    if (auto wrong = base::checkCidrs(ranges); !wrong.empty()) return fail(badFlag("service-cluster-ip-range", wrong));
    server.serviceCidr = ranges;
  }
  if (auto nodePorts = flags.get("service-node-port-range"); !nodePorts.empty()) server.nodePortRange = nodePorts;
  if (auto most = flags.get("max-requests-inflight"); !most.empty()) {
    const std::optional<int64_t> count = parseInteger<int64_t>(most);
    if (!count || *count < 1) return fail(badFlag("max-requests-inflight", concat(most, " is no number of requests")));
    server.maxRequests = *count;
  }
  Given& given = out.settings.given;
  given.certFile = flags.get("tls-cert-file");
  given.keyFile = flags.get("tls-private-key-file");
  const std::string folder = flags.get("cert-dir");
  if (given.certFile.empty() && !folder.empty() && std::filesystem::exists(folder + "/apiserver.crt")) {
    given.certFile = folder + "/apiserver.crt";
    given.keyFile = folder + "/apiserver.key";
  }
  if (given.certFile.empty() != given.keyFile.empty()) {
    return fail(badFlag("tls-private-key-file", "a certificate and its key are given both or not at all"));
  }
  return {};
}

void readAuthentication(const ForeignFlags& flags, ApiServerFlags& out) {
  base::Config& config = out.settings.config;
  config.authn.chain = {"authn-x509", "authn-service-account"};
  config.authn.anonymous = flags.isTrue("anonymous-auth", true);
  if (!flags.isTrue("enable-priority-and-fairness", true)) config.roles["flow-control"].clear();
  if (auto file = flags.get("client-ca-file"); !file.empty()) {
    config.plugins.tables["authn-x509"].settings = {textSetting("ca_file", file)};
  }
  if (auto file = flags.get("token-auth-file"); !file.empty()) {
    config.authn.chain.insert(config.authn.chain.begin() + 1, "authn-token");
    config.plugins.tables["authn-token"].settings = {textSetting("file", file)};
  }
  out.settings.given.serviceAccountIssuer = flags.get("service-account-issuer");
  out.signingKey = flags.get("service-account-signing-key-file");
  out.checkingKeys = flags.list("service-account-key-file");
}

}  // namespace

std::string apiServerHelp() {
  return helpFor(kApiServer, "Cleat's server behind kube-apiserver's flags, for envtest", kApiServerFlags);
}

Result<ApiServerFlags> readApiServerFlags(const std::vector<std::string>& arguments) {
  CLEAT_TRY(ForeignFlags flags, ForeignFlags::parse(kApiServer, kApiServerFlags, arguments));
  ApiServerFlags out;
  base::Config& config = out.settings.config;
  config = base::defaultConfig();
  CLEAT_TRY(readServing(flags, out));
  readAuthentication(flags, out);
  CLEAT_TRY(config.authz.chain, authorizersOf(flags));
  Result<std::vector<std::string>> chain =
      admissionChain(flags.list("enable-admission-plugins"), flags.list("disable-admission-plugins"));
  CLEAT_TRY(chain);
  config.admission.chain = *chain;
  config.controllers.enabled = kApiServerControllers;
  config.schedulers.enabled.clear();
  if (!flags.isTrue("allow-privileged", true)) {
    return fail(badFlag("allow-privileged", "false is not to be had here: namespaces say what is allowed in them"));
  }
  if (auto backend = flags.get("storage-backend"); !backend.empty() && backend != "etcd3") {
    return fail(badFlag("storage-backend", concat(backend, " is not to be had, only etcd3")));
  }
  const std::vector<std::string> etcds = flags.list("etcd-servers");
  if (etcds.size() != 1) return fail(badFlag("etcd-servers", "one URL, that of the etcd of `cleat envtest`"));
  out.etcd = etcds[0];
  out.withoutEffect = flags.withoutEffect();
  return out;
}

}  // namespace cleat::app
