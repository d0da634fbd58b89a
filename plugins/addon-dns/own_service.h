// The service by which pods reach the DNS, kube-system/kube-dns, and the slice with the one endpoint behind it. Makes
// both, and repairs what others change of them.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>

#include <string>
#include <string_view>

namespace cleat::dns {

inline constexpr std::string_view kServiceName = "kube-dns";
inline constexpr std::string_view kServiceNamespace = "kube-system";
inline constexpr std::string_view kServiceKey = "kube-system/kube-dns";

class OwnService {
 public:
  OwnService(Context& context, std::string clusterIp) : client_(context), clusterIp_(std::move(clusterIp)) {}

  // Where the DNS listens. An empty address: nobody else reaches it, so the slice has no endpoint.
  void setEndpoint(std::string address, uint16_t port) {
    address_ = std::move(address);
    port_ = port;
  }

  const std::string& clusterIp() const { return clusterIp_; }

  // 422: no other try makes it right, unless something else changes.
  Task<Result<void>> keep();

 private:
  Task<Result<void>> keepService();
  Task<Result<void>> keepSlice();
  void fill(Draft<core_v1::Service>& draft) const;
  bool isRight(core_v1::Service::Reader service) const;

  Client client_;
  const std::string clusterIp_;
  std::string address_;
  uint16_t port_ = 0;
};

// Whether anybody but this machine reaches the address.
bool reachableByOthers(const std::string& address);

}  // namespace cleat::dns
