#include "gateway_bridge.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace cleat::network {

Result<void> makeGatewayBridge(const std::string& name) {
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::ioctl(fd.get(), SIOCBRADDBR, name.c_str()) != 0 && errno != EEXIST)
    return fail(Status::internal(concat("cannot make the bridge ", name, ": ", std::strerror(errno))));
  return writeInPlace(concat("/proc/sys/net/ipv6/conf/", name, "/accept_dad"), "0");
}

}  // namespace cleat::network
