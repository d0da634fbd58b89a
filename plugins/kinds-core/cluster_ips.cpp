#include "kinds-core/cluster_ips.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/service_ranges.h>

#include <algorithm>
#include <array>

namespace cleat::kinds::core {

namespace {

constexpr auto kOrphanAge = std::chrono::seconds(60);
constexpr auto kRepairSoon = std::chrono::seconds(1);
constexpr const char* kFamilyLabel = "ipaddress.kubernetes.io/ip-family";
constexpr const char* kManagerLabel = "ipaddress.kubernetes.io/managed-by";
constexpr const char* kManager = "ipallocator";
constexpr const char* kUidAnnotation = "cleat/service-uid";
constexpr std::string_view kTaken = "provided IP is already allocated";
// How many addresses a random search may find taken before it counts as a full range.
constexpr int kMaxTries = 512;

std::vector<Cidr> parseRanges(std::string_view text) {
  std::vector<Cidr> ranges;
  for (std::string_view range : serviceRanges(text)) {
    if (auto cidr = Cidr::parse(range)) ranges.push_back(*cidr);
  }
  return ranges;
}

// The hosts of a range: [first, first + count). The first address is the network's, and in IPv4 the last the
// broadcast's.
struct Hosts {
  Ip first;
  uint64_t count = 0;
  // The addresses below are left to those who ask for a certain one.
  uint64_t firstDynamic = 0;
};

Hosts hostsOf(const Cidr& range) {
  uint64_t reserved = range.is4() ? 2 : 1;
  Hosts hosts{range.network().plus(1), range.size() > reserved ? range.size() - reserved : 0, 0};
  if (hosts.count > 16) hosts.firstDynamic = std::clamp<uint64_t>(hosts.count / 16, 16, 256);
  return hosts;
}

bool isInAny(const std::vector<Cidr>& ranges, const Ip& ip) {
  return std::ranges::any_of(ranges, [&](const Cidr& range) { return range.contains(ip); });
}

bool isOwner(networking_v1::IPAddress::Reader address, const AddressOwner& owner) {
  auto parent = address.getSpec().getParentRef();
  return view(parent.getResource()) == "services" && view(parent.getNamespace()) == owner.ns &&
         view(parent.getName()) == owner.name;
}

bool hasIp(core_v1::Service::Reader service, std::string_view ip) {
  return contains(service.getSpec().getClusterIPs(), ip);
}

}  // namespace

AddressOwner ownerOf(const Object<core_v1::Service>& service) {
  return {str(service.ns()), str(service.name()), str(service.uid())};
}

ClusterIps::ClusterIps(Context& context, Informer<core_v1::Service>& services)
    : context_(context), client_(context), configured_(parseRanges(context.config().server().serviceCidr)),
      services_(services), addresses_(context), cidrs_(context) {
  addresses_.onChange([this](const auto& before, const auto& now) {
    if (!now) addressWent(before);
  });
}

void ClusterIps::start() {
  addresses_.start();
  cidrs_.start();
  scheduleRepair();
}

std::vector<Cidr> ClusterIps::ranges() const {
  std::vector<Cidr> all = configured_;
  cidrs_.forEach([&](const Object<networking_v1::ServiceCIDR>& object) {
    if (deletionPending(object.meta())) return;
    for (auto text : object->getSpec().getCidrs()) {
      auto cidr = Cidr::parse(view(text));
      bool known =
          cidr && std::any_of(all.begin(), all.end(), [&](const Cidr& one) { return one.text() == cidr->text(); });
      if (cidr && !known) all.push_back(*cidr);
    }
  });
  return all;
}

std::vector<bool> ClusterIps::families4() const {
  std::vector<bool> families;
  for (const Cidr& range : configured_) {
    if (std::find(families.begin(), families.end(), range.is4()) == families.end()) families.push_back(range.is4());
  }
  return families;
}

Task<Result<void>> ClusterIps::create(Ip ip, AddressOwner owner) {
  Draft<networking_v1::IPAddress> address;
  address.meta().setName(ip.text());
  setLabel(address.meta(), kFamilyLabel, familyOf(ip));
  setLabel(address.meta(), kManagerLabel, kManager);
  setAnnotation(address.meta(), kUidAnnotation, owner.uid);
  auto parent = address->initSpec().initParentRef();
  parent.setResource("services");
  parent.setNamespace(owner.ns);
  parent.setName(owner.name);
  CLEAT_CO_TRY(co_await client_.create(std::move(address)));
  scheduleRepair();
  co_return Result<void>();
}

// The address is there already: it may be ours from a former try, or be left of a former service of our name.
Task<Result<void>> ClusterIps::takeOver(Ip ip, AddressOwner owner) {
  auto there = co_await client_.get<networking_v1::IPAddress>(ip.text());
  if (!there && there.error().is(404)) co_return co_await create(ip, owner);
  CLEAT_CO_TRY(there);
  if (!isOwner(**there, owner)) co_return fail(Status::alreadyExists("ipaddresses", ip.text()));
  if (annotation(there->meta(), kUidAnnotation).value_or("") == owner.uid) co_return Result<void>();
  std::string uid(there->uid());
  DeleteOptions exactly{.preconditionUid = uid};
  auto removed = co_await client_.remove<networking_v1::IPAddress>("", ip.text(), exactly);
  if (!removed && !removed.error().is(404)) co_return fail(std::move(removed.error()));
  co_return co_await create(ip, owner);
}

Task<Result<void>> ClusterIps::take(Ip ip, AddressOwner owner, bool dryRun) {
  if (!isInAny(ranges(), ip)) {
    co_return fail(Status::badRequest("the provided network does not match the current range"));
  }
  Result<void> created;
  if (dryRun) {
    auto there = co_await client_.get<networking_v1::IPAddress>(ip.text());
    if (there && !isOwner(**there, owner)) created = fail(Status::alreadyExists("ipaddresses", ip.text()));
  } else {
    created = co_await create(ip, owner);
    if (!created && created.error().reason == "AlreadyExists") created = co_await takeOver(ip, owner);
  }
  if (created || created.error().reason != "AlreadyExists") co_return created;
  co_return fail(Status::badRequest(std::string(kTaken)));
}

Task<Result<Ip>> ClusterIps::takeAny(bool is4, AddressOwner owner, bool dryRun) {
  for (const Cidr& range : ranges()) {
    if (range.is4() != is4) continue;
    Hosts hosts = hostsOf(range);
    // The dynamic part first; the rest when it is full.
    const std::array<std::pair<uint64_t, uint64_t>, 2> parts{
        {{hosts.firstDynamic, hosts.count}, {0, hosts.firstDynamic}}};
    for (const auto& [first, end] : parts) {
      uint64_t size = end - first;
      if (size == 0) continue;
      uint64_t start = context_.random64() % size;
      int tries = 0;
      for (uint64_t i = 0; i < size && tries < kMaxTries; ++i) {
        Ip ip = hosts.first.plus(first + (start + i) % size);
        if (addresses_.get(ip.text())) continue;
        if (dryRun) co_return ip;
        ++tries;
        auto created = co_await create(ip, owner);
        if (created) co_return ip;
        if (created.error().reason != "AlreadyExists") co_return fail(std::move(created.error()));
      }
    }
  }
  co_return fail(
      Status::internal(concat("failed to allocate a serviceIP for Service ", inQuotes(owner.name), ": range is full")));
}

Task<void> ClusterIps::release(Ip ip, AddressOwner owner) {
  auto there = co_await client_.get<networking_v1::IPAddress>(ip.text());
  if (!there || !isOwner(**there, owner)) co_return;
  if (annotation(there->meta(), kUidAnnotation).value_or("") != owner.uid) co_return;
  std::string uid(there->uid());
  DeleteOptions exactly{.preconditionUid = uid};
  auto removed = co_await client_.remove<networking_v1::IPAddress>("", ip.text(), exactly);
  if (!removed && !removed.error().is(404) && !removed.error().is(409)) {
    context_.log.warn("cannot release the service address ", ip.text(), ": ", removed.error());
    scheduleRepair();
  }
}

bool ClusterIps::isUsed(const networking_v1::IPAddress::Reader& address) const {
  auto parent = address.getSpec().getParentRef();
  auto service = services_.get(view(parent.getNamespace()), view(parent.getName()));
  return service && hasIp(*service, view(address.getMetadata().getName()));
}

void ClusterIps::scheduleRepair() {
  if (repair_.pending()) return;
  repair_ = context_.after(kOrphanAge + std::chrono::seconds(5), [this] { spawn(repair()); });
}

// An address that a service still has is its service's, whoever has deleted the object.
void ClusterIps::addressWent(const Object<networking_v1::IPAddress>& address) {
  if (isUsed(*address) && !soon_.pending()) soon_ = context_.after(kRepairSoon, [this] { spawn(repair()); });
}

Task<void> ClusterIps::repair() {
  if (!services_.synced() || !addresses_.synced() || !cidrs_.synced()) {
    scheduleRepair();
    co_return;
  }
  std::vector<Object<networking_v1::IPAddress>> orphans;
  bool again = false;
  addresses_.forEach([&](const Object<networking_v1::IPAddress>& address) {
    if (label(address.meta(), kManagerLabel).value_or("") != kManager || isUsed(*address)) return;
    auto created = parseTime(address.meta().getCreationTimestamp());
    bool old = created && context_.wallNow() - *created > kOrphanAge;
    if (old) orphans.push_back(address);
    again |= !old;
  });
  for (const auto& orphan : orphans) {
    std::string uid(orphan.uid());
    DeleteOptions exactly{.preconditionUid = uid, .preconditionRevision = orphan.revision()};
    auto removed = co_await client_.remove<networking_v1::IPAddress>("", orphan.name(), exactly);
    if (!removed) continue;
    auto parent = orphan->getSpec().getParentRef();
    events_.warning(orphan, "IPAddressNotAllocated",
                    concat("IPAddress: ", orphan.name(), " for Service ", parent.getNamespace(), '/', parent.getName(),
                           " appears to have leaked: cleaning up"));
  }
  const std::vector<Cidr> all = ranges();
  std::vector<Fault> faults;
  services_.forEach([&](const Object<core_v1::Service>& service) {
    for (auto text : service->getSpec().getClusterIPs()) {
      const auto ip = Ip::parse(view(text));
      if (auto fault = ip ? faultOf(service, *ip, all) : std::nullopt) faults.push_back(std::move(*fault));
    }
  });
  for (const Fault& fault : faults) co_await mend(fault);
  if (again) scheduleRepair();
}

std::optional<ClusterIps::Fault> ClusterIps::faultOf(const Object<core_v1::Service>& service, const Ip& ip,
                                                     const std::vector<Cidr>& ranges) const {
  const std::string shown = concat("[", familyOf(ip), "]: ", ip.text());
  Fault fault{.service = service, .ip = ip};
  if (!isInAny(ranges, ip)) {
    fault.reason = "ClusterIPOutOfRange";
    fault.message = concat("Cluster IP ", shown, " is not within any configured Service CIDR; please recreate service");
    return fault;
  }
  const Object<networking_v1::IPAddress> address = addresses_.get(ip.text());
  fault.reason = "ClusterIPNotAllocated";
  if (!address) {
    fault.remedy = Fault::Remedy::create;
    fault.message = concat("Cluster IP ", shown, " is not allocated; repairing");
    return fault;
  }
  if (isOwner(*address, ownerOf(service))) return std::nullopt;
  if (isUsed(*address)) {
    fault.reason = "ClusterIPAlreadyAllocated";
    fault.message = concat("Cluster IP [", familyOf(ip), "]:", ip.text(),
                           " was assigned to multiple services; please recreate service");
    return fault;
  }
  fault.remedy = Fault::Remedy::replace;
  fault.wrongUid = str(address.uid());
  fault.message = concat("the ClusterIP ", shown, " for Service ", service.ns(), '/', service.name(),
                         " has a wrong reference; repairing");
  return fault;
}

Task<void> ClusterIps::mend(Fault fault) {
  events_.warning(fault.service, fault.reason, fault.message);
  if (fault.remedy == Fault::Remedy::none) co_return;
  if (fault.remedy == Fault::Remedy::replace) {
    // Exactly that one: another pass may have put the right one in its place by now.
    const DeleteOptions exactly{.preconditionUid = fault.wrongUid};
    auto removed = co_await client_.remove<networking_v1::IPAddress>("", fault.ip.text(), exactly);
    if (!removed && !removed.error().is(404)) co_return;
  }
  auto created = co_await create(fault.ip, ownerOf(fault.service));
  if (!created && created.error().reason != "AlreadyExists") {
    context_.log.warn("cannot make the IPAddress ", fault.ip.text(), ": ", created.error());
  }
}

}  // namespace cleat::kinds::core
