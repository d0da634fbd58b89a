#include "core/app/dev/lone_network.h"

#include <arpa/inet.h>
#include <cleat/sdk/file.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/route.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace cleat::app {
namespace {

constexpr const char* kUplink = "uplink";
constexpr const char* kAddress = "172.31.254.1";
constexpr const char* kNobody = "172.31.254.2";

sockaddr addressOf(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, text, &address.sin_addr);
  sockaddr plain{};
  std::memcpy(&plain, &address, sizeof plain);
  return plain;
}

ifreq interfaceCalled(const char* name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

bool bringUp(int fd, const char* name) {
  ifreq request = interfaceCalled(name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

bool give(int fd, unsigned long what, const char* address) {
  ifreq request = interfaceCalled(kUplink);
  request.ifr_addr = addressOf(address);
  return ::ioctl(fd, what, &request) == 0;
}

bool leadEverythingThere(int fd) {
  std::string device = kUplink;
  rtentry route{};
  route.rt_dst = route.rt_genmask = addressOf("0.0.0.0");
  route.rt_gateway = addressOf(kNobody);
  route.rt_flags = RTF_UP | RTF_GATEWAY;
  route.rt_dev = device.data();
  return ::ioctl(fd, SIOCADDRT, &route) == 0;
}

}  // namespace

Result<void> makeLoneNetwork() {
  const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A bridge without ports: of all kinds of interface the one that a node's pods take anyway.
  const bool made = bringUp(fd.get(), "lo") && ::ioctl(fd.get(), SIOCBRADDBR, kUplink) == 0 &&
                    give(fd.get(), SIOCSIFADDR, kAddress) && give(fd.get(), SIOCSIFNETMASK, "255.255.255.0") &&
                    bringUp(fd.get(), kUplink) && leadEverythingThere(fd.get());
  if (!made) return fail(systemError("cannot make a network for the node", errno));
  return writeInPlace("/proc/sys/net/ipv4/ip_forward", "1");
}

}  // namespace cleat::app
