// ClusterIps: the addresses of services, each kept as an IPAddress object whose name is the address. Names are unique,
// so creating the object is what makes the address belong to one service and no other, whoever else tries at the same
// time.
//
// Used on the plugin's strand. An address is let go when its service is seen without it; one whose service never came
// (the write failed after this) is found and let go a minute later.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinds-common/addresses.h"

namespace cleat::kinds::core {

// Whose an address is.
struct AddressOwner {
  std::string ns, name, uid;
};
AddressOwner ownerOf(const Object<core_v1::Service>& service);

class ClusterIps {
 public:
  ClusterIps(Context& context, Informer<core_v1::Service>& services);

  void start();

  // The families that services can have here, the cluster's own first: those of the configuration. A range of another
  // one makes no family.
  std::vector<bool> families4() const;

  // Makes a certain address the owner's. The message of the error says why not, in Kubernetes' words.
  Task<Result<void>> take(Ip ip, AddressOwner owner, bool dryRun);
  // Any free address. A dry run gives one that is free now, and leaves it free.
  Task<Result<Ip>> takeAny(bool is4, AddressOwner owner, bool dryRun);
  // Lets an address go, if it still is the owner's.
  Task<void> release(Ip ip, AddressOwner owner);

  // Puts right what a crash, a failed write or somebody's hand left, and tells the services of it: addresses without a
  // service, services without an address, addresses that are said to be another's.
  Task<void> repair();

 private:
  std::vector<Cidr> ranges() const;
  Task<Result<void>> create(Ip ip, AddressOwner owner);
  Task<Result<void>> takeOver(Ip ip, AddressOwner owner);
  // What is wrong with a service's address, and what is done about it.
  struct Fault {
    enum class Remedy : uint8_t { none, create, replace };
    Object<core_v1::Service> service;
    Ip ip;
    Remedy remedy = Remedy::none;
    std::string wrongUid{};  // of the address that is replaced
    std::string reason{}, message{};
  };
  std::optional<Fault> faultOf(const Object<core_v1::Service>& service, const Ip& ip,
                               const std::vector<Cidr>& ranges) const;
  Task<void> mend(Fault fault);
  void addressWent(const Object<networking_v1::IPAddress>& address);
  void scheduleRepair();
  bool isUsed(const networking_v1::IPAddress::Reader& address) const;

  Context& context_;
  Client client_;
  std::vector<Cidr> configured_;
  Informer<core_v1::Service>& services_;
  Informer<networking_v1::IPAddress> addresses_;
  Informer<networking_v1::ServiceCIDR> cidrs_;
  EventRecorder events_{context_, "ipallocator-repair-controller"};
  Timer repair_, soon_;
};

}  // namespace cleat::kinds::core
