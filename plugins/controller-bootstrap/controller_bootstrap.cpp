// Makes what every cluster has from the start: its namespaces, the priority classes of the system, the range of service
// addresses, and the service by which pods reach the API server.
#include <arpa/inet.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/service_ranges.h>
#include <cleat/sdk/signal.h>
#include <cleat/sdk/system_priority.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

using namespace cleat;

namespace {

constexpr std::string_view kName = "kubernetes";
constexpr std::string_view kNamespace = "default";
constexpr std::array<const char*, 4> kNamespaces{"default", "kube-system", "kube-public", "kube-node-lease"};
constexpr const char* kTokenTracking = "kube-apiserver-legacy-service-account-token-tracking";
constexpr size_t kDateSize = 10;  // 2006-01-02
constexpr uint16_t kServicePort = 443;
constexpr uint16_t kDefaultServerPort = 6443;
constexpr Duration kFirstRetry = std::chrono::milliseconds(100);
constexpr Duration kLongestRetry = std::chrono::seconds(10);

// The first host address of the first range: "10.96.0.0/16" gives 10.96.0.1. Nothing where there is none.
std::optional<std::string> firstAddress(const std::vector<std::string_view>& ranges) {
  const std::string_view cidr = ranges.empty() ? std::string_view() : ranges.front();
  size_t slash = cidr.find('/');
  int prefix = 0;
  if (slash == std::string_view::npos) return std::nullopt;
  std::from_chars(cidr.data() + slash + 1, cidr.data() + cidr.size(), prefix);
  std::string base(cidr.substr(0, slash));
  int family = base.find(':') == std::string::npos ? AF_INET : AF_INET6;
  int bytes = family == AF_INET ? 4 : 16;
  unsigned char address[16] = {};
  if (inet_pton(family, base.c_str(), address) != 1) return std::nullopt;
  for (int i = 0; i < bytes; ++i) {
    int kept = std::clamp(prefix - 8 * i, 0, 8);
    address[i] = static_cast<unsigned char>(address[i] & (0xff00 >> kept));
  }
  ++address[bytes - 1];
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, address, text, sizeof text);
}

// "[a b]"
template <class Texts>
std::string goList(const Texts& texts) {
  return concat('[', joined(texts, " "), ']');
}

// The port in "https://192.0.2.1:6443".
uint16_t portOf(std::string_view url) {
  size_t scheme = url.find("://");
  std::string_view authority = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  authority = authority.substr(0, authority.find('/'));
  size_t colon = authority.rfind(':');
  uint16_t port = 0;
  if (colon != std::string_view::npos && authority.back() != ']') {
    std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  }
  return port == 0 ? kDefaultServerPort : port;
}

// Whether anybody but this machine reaches `address`. No endpoint may have one that nobody does.
bool reachableByOthers(const std::string& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    const uint32_t bits = ntohl(v4.s_addr);
    return bits != INADDR_ANY && bits >> 24 != 127 && bits >> 16 != 0xa9fe;  // 0.0.0.0, 127.0.0.0/8, 169.254.0.0/16
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
  return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6) && !IN6_IS_ADDR_LINKLOCAL(&v6);
}

class Bootstrap : public Plugin {
 public:
  using Plugin::Plugin;

  // The kinds may be registered after this plugin: the work goes on behind the start.
  Task<Result<void>> start() override {
    if (!published_) {
      log().info("the API server is at ", address(),
                 ", which pods and other machines do not reach: the service kubernetes "
                 "gets no endpoints (server.advertise_address names an address that they reach)");
    }
    namespaces_.onChange([this](const Object<core_v1::Namespace>& before, const Object<core_v1::Namespace>& now) {
      if (!now && std::ranges::find(kNamespaces, before.name()) != kNamespaces.end()) changed_.set();
    });
    follow(namespaces_);
    follow(classes_, Follow::removal);
    follow(ranges_, Follow::removal);
    follow(services_, Follow::removal);
    follow(endpoints_, Follow::everyChange);
    follow(slices_, Follow::everyChange);
    spawn(keepAll());
    co_return Result<void>();
  }

 private:
  enum class Follow { removal, everyChange };

  template <class K>
  void follow(Informer<K>& informer, std::optional<Follow> what = {}) {
    if (what) {
      informer.onChange([this, what](const Object<K>& before, const Object<K>& now) {
        if (!now || (before && what == Follow::everyChange)) changed_.set();
      });
    }
    informer.start();
  }

  Task<void> keepAll() {
    Duration delay = kFirstRetry;
    while (true) {
      changed_.reset();
      if (co_await makeAll(delay >= kLongestRetry)) {
        delay = kFirstRetry;
        co_await changed_.wait();
      } else {
        co_await context().sleep(delay);
        delay = std::min(delay * 2, kLongestRetry);
      }
    }
  }

  // True when nothing is left to try again.
  Task<bool> makeAll(bool worthTelling) {
    bool done = true;
    for (const Step& step : kSteps) {
      Result<void> made = co_await (this->*step.make)();
      if (made) continue;
      // Trying again does not make a wrong value right.
      if (made.error().is(422)) {
        log().warn("cannot make ", step.what, ": ", made.error());
        continue;
      }
      if (worthTelling) log().warn("cannot make ", step.what, " yet: ", made.error());
      done = false;
    }
    co_return done;
  }

  // Creates what is not there.
  template <class K>
  Task<Result<void>> ensure(Draft<K> draft) {
    std::string key = draft.key();
    auto there = co_await client_.get<K>(key);
    if (there) co_return Result<void>();
    if (!there.error().is(404)) co_return fail(there.error());
    auto created = co_await client_.create(std::move(draft));
    if (created || created.error().reason == "AlreadyExists") co_return Result<void>();
    co_return fail(created.error());
  }

  Task<Result<void>> makeNamespaces() {
    for (const char* name : kNamespaces) {
      Draft<core_v1::Namespace> draft;
      draft.meta().setName(name);
      CLEAT_CO_TRY(co_await ensure(std::move(draft)));
    }
    co_return Result<void>();
  }

  Task<Result<void>> makePriorityClasses() {
    for (const SystemPriorityClass& one : kSystemPriorityClasses) {
      Draft<scheduling_v1::PriorityClass> draft;
      draft.meta().setName(str(one.name));
      draft->setValue(one.value);
      draft->setDescription(str(one.description));
      CLEAT_CO_TRY(co_await ensure(std::move(draft)));
    }
    co_return Result<void>();
  }

  // Since when it is known of each secret with a service account's token whether it is used: Kubernetes' own cleaner of
  // such secrets waits a year from there. Here there has never been another kind of token than those that are asked
  // for.
  Task<Result<void>> makeTokenTracking() {
    Draft<core_v1::ConfigMap> draft;
    draft.meta().setName(kTokenTracking);
    draft.meta().setNamespace("kube-system");
    auto since = draft->initData(1)[0];
    since.setKey("since");
    since.setValue(formatTime(context().wallNow()).substr(0, kDateSize));
    co_return co_await ensure(std::move(draft));
  }

  Task<Result<void>> makeRange() {
    const std::vector<std::string_view> cidrs = serviceRanges(config().server().serviceCidr);
    if (cidrs.empty()) co_return Result<void>();
    Draft<networking_v1::ServiceCIDR> draft;
    draft.meta().setName(str(kName));
    draft->initSpec().adoptCidrs(textList(orphanageOf(*draft), cidrs));
    CLEAT_CO_TRY(co_await ensure(std::move(draft)));
    CLEAT_CO_TRY(auto range, co_await client_.get<networking_v1::ServiceCIDR>(kName));
    const auto has = range->getSpec().getCidrs();
    // A cluster of one family becomes one of both.
    if (has.size() == 1 && cidrs.size() == 2 && view(has[0]) == cidrs[0]) {
      Draft<networking_v1::ServiceCIDR> both(range);
      both->getSpec().adoptCidrs(textList(orphanageOf(*both), cidrs));
      CLEAT_CO_TRY(range, co_await client_.update(std::move(both)));
    }
    co_return co_await tellOfRange(range, cidrs);
  }

  // What another one has told of it stays; that it is not the one of the configuration is told once.
  Task<Result<void>> tellOfRange(Object<networking_v1::ServiceCIDR> range, std::vector<std::string_view> cidrs) {
    if (deletionPending(range.meta())) co_return Result<void>();
    const std::vector<std::string> has = strings(range->getSpec().getCidrs());
    if (!std::ranges::equal(has, cidrs)) {
      if (std::exchange(toldOfRange_, true)) co_return Result<void>();
      events_.warning(range, "KubernetesDefaultServiceCIDRInconsistent",
                      concat("The default ServiceCIDR ", goList(has),
                             " does not match the controller flag configurations ", goList(cidrs)));
      co_return Result<void>();
    }
    if (findCondition(range->getStatus().getConditions(), "Ready")) co_return Result<void>();
    Draft<networking_v1::ServiceCIDR> ready(range);
    ConditionUpdate condition{.type = "Ready",
                              .status = "True",
                              .reason = "NetworkReady",
                              .message = "Kubernetes default Service CIDR is ready",
                              .lastTransitionTime = formatTime(context().wallNow())};
    if (!setCondition<meta_v1::Condition>(ready->getStatus(), condition)) co_return Result<void>();
    CLEAT_CO_TRY(co_await client_.updateStatus(std::move(ready)));
    co_return Result<void>();
  }

  Task<Result<void>> makeService() {
    auto address = firstAddress(serviceRanges(config().server().serviceCidr));
    if (!address) co_return Result<void>();
    Draft<core_v1::Service> draft;
    draft.meta().setName(str(kName));
    draft.meta().setNamespace(str(kNamespace));
    setLabel(draft.meta(), "component", "apiserver");
    setLabel(draft.meta(), "provider", kName);
    auto spec = draft->initSpec();
    spec.setClusterIP(*address);
    spec.setType("ClusterIP");
    auto port = spec.initPorts(1)[0];
    port.setName("https");
    port.setProtocol("TCP");
    port.setPort(kServicePort);
    port.initTargetPort().setIntVal(serverPort());
    co_return co_await ensure(std::move(draft));
  }

  Task<Result<void>> makeEndpoints() {
    if (!published_) {
      co_return co_await withdraw<core_v1::Endpoints>(
          [](core_v1::Endpoints::Reader endpoints) { return endpoints.getSubsets().size() != 0; },
          [](core_v1::Endpoints::Builder endpoints) { endpoints.disownSubsets(); });
    }
    const std::string address = this->address();
    const int32_t serverPort = this->serverPort();
    co_return co_await keep<core_v1::Endpoints>([&](Draft<core_v1::Endpoints>& draft) {
      setLabel(draft.meta(), "endpointslice.kubernetes.io/skip-mirror", "true");
      auto subset = draft->initSubsets(1)[0];
      subset.initAddresses(1)[0].setIp(address);
      auto port = subset.initPorts(1)[0];
      port.setName("https");
      port.setPort(serverPort);
      port.setProtocol("TCP");
    });
  }

  Task<Result<void>> makeSlice() {
    if (!published_) {
      co_return co_await withdraw<discovery_v1::EndpointSlice>(
          [](discovery_v1::EndpointSlice::Reader slice) { return slice.getEndpoints().size() != 0; },
          [](discovery_v1::EndpointSlice::Builder slice) { slice.disownEndpoints(); });
    }
    const std::string address = this->address();
    const int32_t serverPort = this->serverPort();
    const std::string_view type = address.find(':') == std::string::npos ? "IPv4" : "IPv6";
    CLEAT_CO_TRY(co_await removeSliceOfOtherType(type));
    co_return co_await keep<discovery_v1::EndpointSlice>([&](Draft<discovery_v1::EndpointSlice>& draft) {
      setLabel(draft.meta(), "kubernetes.io/service-name", kName);
      draft->setAddressType(std::string(type));
      auto endpoint = draft->initEndpoints(1)[0];
      endpoint.adoptAddresses(textList(orphanageOf(*draft), {std::string_view(address)}));
      endpoint.initConditions().initReady().setValue(true);
      auto port = draft->initPorts(1)[0];
      port.setName("https");
      port.setProtocol("TCP");
      port.initPort().setValue(serverPort);
    });
  }

  // What type of addresses a slice has cannot be changed.
  Task<Result<void>> removeSliceOfOtherType(std::string_view type) {
    auto there = co_await client_.get<discovery_v1::EndpointSlice>(kNamespace, kName);
    if (!there || view((*there)->getAddressType()) == type) co_return Result<void>();
    auto removed =
        co_await client_.remove<discovery_v1::EndpointSlice>(kNamespace, kName, {.preconditionUid = there->uid()});
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    co_return Result<void>();
  }

  // Makes default/kubernetes of this kind, or brings what `fill` sets of it to that state: the server may have another
  // address than it had.
  template <class K, class Fill>
  Task<Result<void>> keep(Fill fill) {
    auto there = co_await client_.get<K>(kNamespace, kName);
    if (!there && !there.error().is(404)) co_return fail(there.error());
    Draft<K> draft = there ? Draft<K>(*there) : Draft<K>();
    draft.meta().setName(str(kName));
    draft.meta().setNamespace(str(kNamespace));
    fill(draft);
    if (!there) co_return co_await ensure(std::move(draft));
    if (capnp::toAny(draft.reader()) == capnp::toAny(**there)) co_return Result<void>();
    CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    co_return Result<void>();
  }

  // Where the server has been reached before, it may not be reached now: `clear` takes that address out of
  // default/kubernetes of this kind.
  template <class K>
  Task<Result<void>> withdraw(bool (*publishes)(typename K::Reader), void (*clear)(typename K::Builder)) {
    auto there = co_await client_.get<K>(kNamespace, kName);
    if (!there) co_return there.error().is(404) ? Result<void>() : fail(there.error());
    if (!publishes(**there)) co_return Result<void>();
    Draft<K> draft(*there);
    clear(*draft);
    CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    co_return Result<void>();
  }

  const std::string& address() const { return config().server().address; }
  uint16_t serverPort() const { return portOf(config().server().url); }

  struct Step {
    const char* what;
    Task<Result<void>> (Bootstrap::*make)();
  };
  static const std::array<Step, 7> kSteps;

  static InformerOptions only(std::string_view ns) {
    return {.ns = std::string(ns), .labelSelector = "", .fieldSelector = "metadata.name=kubernetes"};
  }

  const bool published_ = reachableByOthers(address());
  Client client_{context()};
  EventRecorder events_{context(), "kubernetes-service-cidr-controller"};
  bool toldOfRange_ = false;
  Signal changed_;
  Informer<core_v1::Namespace> namespaces_{context()};
  Informer<scheduling_v1::PriorityClass> classes_{context()};
  Informer<networking_v1::ServiceCIDR> ranges_{context(), only("")};
  Informer<core_v1::Service> services_{context(), only(kNamespace)};
  Informer<core_v1::Endpoints> endpoints_{context(), only(kNamespace)};
  Informer<discovery_v1::EndpointSlice> slices_{context(), only(kNamespace)};
};

const std::array<Bootstrap::Step, 7> Bootstrap::kSteps{{
    {"namespaces", &Bootstrap::makeNamespaces},
    {"the priority classes of the system", &Bootstrap::makePriorityClasses},
    {"the date from which secrets' tokens are tracked", &Bootstrap::makeTokenTracking},
    {"the range of service addresses", &Bootstrap::makeRange},
    {"the service kubernetes", &Bootstrap::makeService},
    {"the endpoints of the service kubernetes", &Bootstrap::makeEndpoints},
    {"the endpoint slice of the service kubernetes", &Bootstrap::makeSlice},
}};

}  // namespace

CLEAT_PLUGIN(Bootstrap, .name = "controller-bootstrap", .version = "0.1.0", .maturity = "beta", .roles = "controller",
             .grants =
                 "- namespaces,services create,get,list,watch\n"
                 "- configmaps create,get\n"
                 "- endpoints create,get,list,watch,update\n"
                 "discovery.k8s.io endpointslices create,delete,get,list,watch,update\n"
                 "scheduling.k8s.io priorityclasses create,get,list,watch\n"
                 "- events create,patch\n"
                 "networking.k8s.io servicecidrs create,get,list,update,watch\n"
                 "networking.k8s.io servicecidrs/status update\n");
