// Cluster DNS: keeps the zone like the cluster's objects, serves it, and publishes where it is served.
#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/service_ranges.h>
#include <cleat/sdk/signal.h>
#include <cleat/sdk/text.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "dns_server.h"
#include "own_service.h"
#include "service_records.h"
#include "zone.h"

using namespace cleat;
using namespace cleat::dns;
using core_v1::Namespace;
using core_v1::Pod;
using core_v1::Service;
using discovery_v1::EndpointSlice;

namespace {

constexpr const char* kByService = "service";
constexpr uint16_t kUsualPort = 10053;
constexpr uint16_t kDnsPort = 53;
constexpr uint8_t kPlaceOfAddress = 10;  // in the range of services
constexpr Duration kFirstRetry = std::chrono::milliseconds(100);
constexpr Duration kLongestRetry = std::chrono::seconds(10);
constexpr Duration kLookAtResolvConf = std::chrono::seconds(30);
constexpr int64_t kLongestTtl = 3600;

std::string addressText(const std::string& bytes) {
  std::array<char, 48> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

class AddonDns : public Plugin {
 public:
  using Plugin::Plugin;

  // The kinds may be registered after this plugin: the work goes on behind the start.
  Task<Result<void>> start() override {
    CLEAT_CO_TRY(readSettings());
    follow();
    spawn(serve());
    spawn(keepOwnService());
    if (config().list("upstreams").empty()) spawn(followResolvConf());
    co_return Result<void>();
  }

  void stop() override { server_.reset(); }

 private:
  static Status wrong(std::string_view setting, std::string_view value, std::string_view why) {
    return Status::badRequest(concat(setting, ": \"", value, "\" ", why));
  }

  Result<void> readSettings() {
    ZoneSettings zone;
    std::string domain = config().string("domain");
    if (domain.empty()) domain = config().server().clusterDomain;
    auto name = parseName(domain);
    if (!name || name->empty()) return fail(wrong("domain", domain, "is not a domain name"));
    zone.domain = lowered(std::move(*name));
    const int64_t ttl = config().integer("ttl");
    if (ttl < 0 || ttl > kLongestTtl) return fail(wrong("ttl", concat(ttl), "is not between 0 and 3600 seconds"));
    zone.ttl = static_cast<uint32_t>(ttl);
    const int64_t port = config().integer("port");
    if (port < 0 || port > 65535) return fail(wrong("port", concat(port), "is no port"));
    port_ = static_cast<uint16_t>(port);
    for (std::string_view text : serviceRanges(config().server().serviceCidr)) {
      if (auto range = parseNetwork(text)) zone.ranges.push_back(*std::move(range));
    }
    CLEAT_TRY(zone.address, serviceAddress(zone));
    CLEAT_TRY(readNetworks());
    for (const std::string& text : config().list("upstreams")) {
      auto server = parseUpstream(text);
      if (!server) return fail(wrong("upstreams", text, "is not an address, or an address with a port"));
      upstreams_.push_back(*server);
    }
    own_.emplace(context(), addressText(*zone.address));
    zone_.emplace(std::move(zone));
    return {};
  }

  Result<std::string> serviceAddress(const ZoneSettings& zone) const {
    const std::string text = config().string("service_address");
    if (!text.empty()) {
      auto address = parseAddress(text);
      return address ? Result<std::string>(*address) : fail(wrong("service_address", text, "is not an address"));
    }
    if (zone.ranges.empty() || zone.ranges.front().bits + 4 > 8 * zone.ranges.front().bytes.size())
      return fail(wrong("service_address", "", "has to be set: the range of services has no tenth address"));
    std::string address = zone.ranges.front().bytes;
    address.back() = static_cast<char>(address.back() + kPlaceOfAddress);
    return address;
  }

  Result<void> readNetworks() {
    std::vector<std::string> networks = config().list("forward_for");
    if (networks.empty()) {
      networks = {"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
                  "169.254.0.0/16", "::1/128",       "fc00::/7",       "fe80::/10"};
      for (std::string_view pods : podRanges(config().server().clusterCidr)) networks.push_back(str(pods));
    }
    for (const std::string& text : networks) {
      auto network = parseNetwork(text);
      if (!network) return fail(wrong("forward_for", text, "is not a network, such as 10.0.0.0/8"));
      forwardFor_.push_back(std::move(*network));
    }
    return {};
  }

  void follow() {
    namespaces_.onChange([this](const Object<Namespace>& before, const Object<Namespace>& now) {
      if (now)
        zone_->setNamespace(std::string(now.name()));
      else
        zone_->removeNamespace(std::string(before.name()));
    });
    slices_.addIndex(kByService, [](const Object<EndpointSlice>& slice) {
      auto service = label(slice.meta(), kServiceLabel);
      return service ? std::vector<std::string>{keyOf(slice.ns(), *service)} : std::vector<std::string>();
    });
    slices_.onChange([this](const Object<EndpointSlice>& before, const Object<EndpointSlice>& now) {
      for (const auto* slice : {&before, &now}) {
        if (!*slice) continue;
        auto service = label(slice->meta(), kServiceLabel);
        if (service) refresh(slice->ns(), *service);
        if (slice->key() == kServiceKey) changed_.set();
      }
    });
    services_.onChange([this](const Object<Service>& before, const Object<Service>& now) {
      const Object<Service>& either = now ? now : before;
      if (either.key() == kServiceKey) changed_.set();
      if (now)
        refresh(now.ns(), now.name());
      else
        zone_->removeService(std::string(before.ns()), std::string(before.name()));
    });
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
      const auto old = before ? addressesOf(*before) : std::vector<std::string>();
      const auto current = now ? addressesOf(*now) : std::vector<std::string>();
      if (old == current) return;
      for (const std::string& address : old) zone_->removePod(std::string(before.ns()), address);
      for (const std::string& address : current) zone_->addPod(std::string(now.ns()), address);
    });
    namespaces_.start();
    slices_.start();
    services_.start();
    pods_.start();
  }

  void refresh(std::string_view ns, std::string_view name) {
    auto service = services_.get(ns, name);
    if (!service) return;
    std::vector<Object<EndpointSlice>> slices;
    if (isHeadless(*service)) slices = slices_.byIndex(kByService, keyOf(ns, name));
    zone_->setService(std::string(ns), std::string(name), recordsOf(*service, slices));
  }

  // Not before everything is known: a name that is not known yet must not be denied.
  Task<void> serve() {
    co_await namespaces_.waitSynced();
    co_await slices_.waitSynced();
    co_await services_.waitSynced();
    co_await pods_.waitSynced();
    bool told = false;
    while (true) {
      auto port = listen();
      if (port) {
        const std::string& address = config().server().address;
        const bool isReached = reachableByOthers(address);
        const bool fits = isIpv6(address) == isIpv6(own_->clusterIp());
        if (isReached && !fits) {
          log().warn("pods do not reach the cluster DNS: their services have addresses of the other family than ",
                     address);
        }
        own_->setEndpoint(isReached && fits ? address : std::string(), *port);
        listening_ = true;
        changed_.set();
        context().report("");
        log().info("cluster DNS listens at ", address, ", port ", *port);
        co_return;
      }
      if (!told) {
        log().error("cluster DNS does not listen yet: ", port.error());
        context().report(concat("it does not listen yet: ", port.error()));
      }
      told = true;
      co_await context().sleep(kFirstRetry * 10);
    }
  }

  Result<uint16_t> listen() {
    const std::string& address = config().server().address;
    DnsServerOptions options;
    options.forwardFor = forwardFor_;
    auto attempt = [&](uint16_t port) -> Result<uint16_t> {
      server_.emplace(*zone_, options);
      server_->setUpstreams(upstreams_);
      auto started = server_->start(address, port);
      if (!started) server_.reset();
      return started;
    };
    if (port_ != 0) return attempt(port_);
    // Where it was last is best: nodes need not learn another place after a restart.
    for (const uint16_t port : {publishedPort(), kUsualPort}) {
      if (port == 0) continue;
      if (auto started = attempt(port)) return started;
    }
    return attempt(0);
  }

  uint16_t publishedPort() const {
    auto slice = slices_.get(kServiceKey);
    if (!slice || slice->getPorts().size() == 0) return 0;
    const int32_t port = valueOr(slice->getPorts()[0].getPort(), 0);
    return port > 0 && port <= 65535 ? static_cast<uint16_t>(port) : uint16_t{0};
  }

  Task<void> keepOwnService() {
    Duration delay = kFirstRetry;
    while (true) {
      if (!listening_) co_await changed_.wait();
      changed_.reset();
      if (!listening_) continue;
      Result<void> kept = co_await own_->keep();
      if (kept) {
        delay = kFirstRetry;
        context().report("");
        told_.clear();
        co_await changed_.wait();
        continue;
      }
      // Another service may have the address, until somebody takes it away.
      if (kept.error().is(422)) delay = kLongestRetry;
      if (delay >= kLongestRetry && kept.error().message != told_) {
        told_ = kept.error().message;
        log().warn("cannot keep the service kube-dns: ", kept.error());
        context().report(concat("cannot keep the service kube-dns: ", kept.error()));
      }
      co_await context().sleep(delay);
      delay = std::min(delay * 2, kLongestRetry);
    }
  }

  // The host's name servers change with its network.
  Task<void> followResolvConf() {
    while (true) {
      auto read = [] { return readFile("/etc/resolv.conf"); };
      auto text = co_await context().blocking(read);
      std::vector<SocketAddress> servers;
      for (const std::string& address : text ? nameserversOf(*text) : std::vector<std::string>()) {
        auto server = parseUpstream(address);
        // The cluster's own would ask itself.
        const bool itself = address == own_->clusterIp() || (port_ == kDnsPort && address == config().server().address);
        if (server && !itself) servers.push_back(*server);
      }
      if (servers != upstreams_) {
        upstreams_ = std::move(servers);
        if (server_) server_->setUpstreams(upstreams_);
      }
      co_await context().sleep(kLookAtResolvConf);
    }
  }

  std::optional<Zone> zone_;
  std::optional<OwnService> own_;
  std::optional<DnsServer> server_;
  std::vector<SocketAddress> upstreams_;
  std::vector<Network> forwardFor_;
  uint16_t port_ = 0;
  bool listening_ = false;
  Signal changed_;
  std::string told_;  // why the service could not be kept
  Informer<Namespace> namespaces_{context()};
  Informer<EndpointSlice> slices_{context()};
  Informer<Service> services_{context()};
  Informer<Pod> pods_{context(), {.only = [](const AnyRef& pod) { return !addressesOf(*Object<Pod>(pod)).empty(); }}};
};

}  // namespace

CLEAT_PLUGIN(AddonDns, .name = "addon-dns", .version = "0.1.0", .maturity = "beta", .roles = "controller",
             .grants =
                 "- namespaces,pods get,list,watch\n"
                 "- services create,delete,get,list,update,watch\n"
                 "discovery.k8s.io endpointslices create,delete,get,list,update,watch\n",
             .configSchema =
                 "domain string # of the cluster's names; empty: server.cluster_domain\n"
                 "service_address string # of the service kube-dns; empty: the tenth of the range of services\n"
                 "port int 0 # where it listens; 0: where it did last, or 10053, or any free one\n"
                 "upstreams list # who knows all other names, ADDRESS or ADDRESS:PORT; empty: /etc/resolv.conf\n"
                 "forward_for list # networks of clients that may ask for other names; empty: all private ones\n"
                 "ttl int 5 # seconds for which an answer may be kept\n");
