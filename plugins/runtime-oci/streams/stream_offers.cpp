#include "streams/stream_offers.h"

#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace cleat::runtime {
namespace {

constexpr std::chrono::seconds kOfferLasts{10};

// One socket that waits for its connection. Kept alive by the reactor's callbacks.
struct Offer {
  Reactor& reactor;
  Fd listening;
  std::string path;
  std::function<void(Fd)> begin;
  Reactor::TimerId timer = 0;

  ~Offer() { unlink(path.c_str()); }

  void close() {
    reactor.cancel(timer);
    if (!listening) return;
    reactor.forget(listening.get());
    listening.reset();
  }
};

std::string randomName() {
  unsigned char bytes[16];
  std::string name;
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return name;
  for (unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

}  // namespace

Result<void> StreamOffers::open() {
  CLEAT_TRY(removeTree(folder_));
  return makeFolders(folder_, 0700);
}

Result<std::string> StreamOffers::offer(std::function<void(Fd client)> begin) {
  auto offer = std::make_shared<Offer>(reactor_, Fd(), folder_ + "/" + randomName(), std::move(begin));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (offer->path.size() >= sizeof address.sun_path)
    return fail(Status::internal("the path " + offer->path + " is too long for a socket: set a shorter run_dir"));
  std::memcpy(address.sun_path, offer->path.c_str(), offer->path.size() + 1);
  offer->listening = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!offer->listening || bind(offer->listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(offer->listening.get(), 1) != 0)
    return fail(systemError("cannot offer a stream at " + offer->path, errno));
  std::string path = offer->path;
  reactor_.post([offer] {
    Reactor& reactor = offer->reactor;
    offer->timer = reactor.after(kOfferLasts, [offer] { offer->close(); });
    reactor.watch(offer->listening.get(), EPOLLIN, [offer](uint32_t) {
      Fd client(accept4(offer->listening.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!client) return;
      auto keep = offer;
      offer->close();
      unlink(keep->path.c_str());
      keep->begin(std::move(client));
    });
  });
  return path;
}

}  // namespace cleat::runtime
