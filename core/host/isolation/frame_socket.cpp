#include "core/host/isolation/frame_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "core/base/check.h"
#include "core/host/isolation/descriptors.h"

namespace cleat::host {
namespace {

// What waits for the other end to read. One frame may be larger: a list is one frame.
constexpr size_t kMostQueuedWords = 16u << 20;  // 128 MiB
constexpr size_t kKeepBodyWords = 8192;         // of a buffer between frames

// As many descriptors come at once, and wait for their headers, at most: one goes with each large frame, and one with
// each stream.
constexpr size_t kMostDescriptors = 8;

bool wouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

FrameSocket::FrameSocket(int fd, uint64_t mostWords, Side side)
    : fd_(fd), wakeFd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), arrivalsFd_(epoll_create1(EPOLL_CLOEXEC)),
      mostWords_(mostWords), side_(side) {
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  epoll_event wanted{.events = EPOLLIN, .data = {}};
  CHECK(epoll_ctl(arrivalsFd_, EPOLL_CTL_ADD, fd_, &wanted) == 0, "a socket can be listened to");
}

FrameSocket::~FrameSocket() {
  close();
  if (thread_.joinable()) thread_.join();
  ::close(fd_);
  ::close(wakeFd_);
  ::close(arrivalsFd_);
}

void FrameSocket::listenTo(PrintedLines printed) {
  CHECK(!thread_.joinable(), "before it is started");
  printed_ = std::move(printed);
}

void FrameSocket::start(Received received, Closed closed) {
  CHECK(!thread_.joinable(), "a socket is started once");
  received_ = std::move(received);
  closed_ = std::move(closed);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "cleat-frames");
    run();
  });
}

void FrameSocket::close() { shutdown(fd_, SHUT_RDWR); }

// A large one's body goes beside the socket, if it can; where it is then.
BodyPlace FrameSocket::moveBody(Outgoing& outgoing) {
  constexpr size_t kHeaderWords = sizeof(FrameHeader) / sizeof(uint64_t);
  if (outgoing.words.size() < kHeaderWords + kSharedBodyWords) return kBehindHeader;
  const std::span<const uint64_t> body = std::span<const uint64_t>(outgoing.words).subspan(kHeaderWords);
  BodyPlace place = kInSlot;
  if (side_ == Side::plugin) {
    std::optional<Fd> sealed = sealedBody(body);
    if (!sealed) return kBehindHeader;
    outgoing.body = std::move(*sealed);
    place = kInSealedMemory;
  } else {
    if (!slotIsFree_ || body.size() > kSlotWords) return kBehindHeader;
    if (!slot_) slot_ = SharedMemory::makeSlot(outgoing.body);
    if (!slot_) return kBehindHeader;
    slot_.fill(body);
    slotIsFree_ = false;
  }
  outgoing.words.resize(kHeaderWords);
  outgoing.words.shrink_to_fit();
  return place;
}

bool FrameSocket::send(FrameWords frame, gate::StreamEnd stream) {
  Outgoing outgoing{std::move(frame), 0, 0};
  outgoing.counted = outgoing.words.size();
  outgoing.stream = std::move(stream);
  MutexLock lock(mutex_);
  if (broken_) return false;
  bool first = queue_.empty();
  if (!first && queuedWords_ + outgoing.counted > kMostQueuedWords) {
    broken_ = true;
    why_ = "it does not take its messages";
    close();
    return false;
  }
  const uint32_t place = moveBody(outgoing) | (outgoing.stream ? kWithStream : 0);
  std::memcpy(reinterpret_cast<char*>(outgoing.words.data()) + offsetof(FrameHeader, place), &place, sizeof place);
  queuedWords_ += outgoing.counted;
  queue_.push_back(std::move(outgoing));
  if (!first) return true;
  if (!writeSome()) {
    broken_ = true;
    return false;
  }
  if (!queue_.empty()) {
    uint64_t one = 1;
    static_cast<void>(write(wakeFd_, &one, sizeof one));
  }
  return true;
}

void FrameSocket::listen(bool listens) {
  epoll_event wanted{.events = listens ? static_cast<uint32_t>(EPOLLIN) : 0, .data = {}};
  CHECK(epoll_ctl(arrivalsFd_, EPOLL_CTL_MOD, fd_, &wanted) == 0, "a socket can be listened to");
}

int FrameSocket::waitUntil(std::chrono::steady_clock::time_point end) const {
  const auto left = std::chrono::nanoseconds(end - std::chrono::steady_clock::now()).count();
  if (left <= 0) return 0;
  timespec most{left / 1'000'000'000, left % 1'000'000'000};
  pollfd polled{fd_, POLLIN, 0};
  return ppoll(&polled, 1, &most, nullptr);
}

bool FrameSocket::sendAndRead(FrameWords frame, gate::StreamEnd stream, std::chrono::nanoseconds most,
                              const std::function<bool()>& enough) {
  listen(false);
  bool goesOn = send(std::move(frame), std::move(stream));
  const auto end = std::chrono::steady_clock::now() + most;
  goesOn = goesOn && readAwake(awakeForAnswers_, enough);
  while (goesOn && !enough() && waitUntil(end) > 0) goesOn = readSome();
  listen(true);
  endReading();
  if (!goesOn) {
    // The socket's own thread says so to everybody.
    broken_ = true;
    eventfd_write(wakeFd_, 1);
  }
  return enough();
}

// Looks again and again, for a moment and until there is enough; lets others have the core in between. False at the end
// of the connection.
bool FrameSocket::readAwake(Patience& patience, const std::function<bool()>& enough) {
  if (!patience.waits()) return true;
  const auto end = std::chrono::steady_clock::now() + kAwake;
  bool goesOn = readSome();
  while (goesOn && !enough() && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
    goesOn = readSome();
  }
  patience.note(enough());
  return goesOn;
}

// For as long as one call follows the other closely. False at the end of the connection.
bool FrameSocket::readWhileItComes() {
  while (!broken_) {
    {
      MutexLock lock(mutex_);
      if (!queue_.empty()) return true;
    }
    const uint64_t before = frames_;
    if (!readAwake(awakeForCalls_, [this, before] { return frames_ != before; })) return false;
    if (frames_ == before) return true;
  }
  return false;
}

bool FrameSocket::writeSome() {
  while (!queue_.empty()) {
    Outgoing& next = queue_.front();
    const char* bytes = reinterpret_cast<const char*>(next.words.data());
    size_t size = next.words.size() * sizeof(uint64_t);
    int descriptors[kMostDescriptorsSent];
    size_t count = 0;
    if (next.body) descriptors[count++] = next.body.get();
    if (next.stream) descriptors[count++] = next.stream->get();
    ssize_t sent = next.sentBytes == 0 && count > 0
                       ? sendWithDescriptors(fd_, bytes, size, std::span(descriptors, count))
                       : ::send(fd_, bytes + next.sentBytes, size - next.sentBytes, MSG_NOSIGNAL);
    if (sent < 0) return wouldBlock();
    next.sentBytes += static_cast<size_t>(sent);
    if (next.sentBytes < size) continue;
    CHECK(queuedWords_ >= next.counted, "what was counted in is counted out");
    queuedWords_ -= next.counted;
    queue_.pop_front();
  }
  return true;
}

void FrameSocket::run() {
  while (true) {
    bool writing;
    {
      MutexLock lock(mutex_);
      writing = !queue_.empty();
    }
    pollfd polled[4] = {
        {arrivalsFd_, POLLIN, 0}, {wakeFd_, POLLIN, 0}, {printed_.fd(), POLLIN, 0}, {writing ? fd_ : -1, POLLOUT, 0}};
    if (poll(polled, 4, -1) < 0 && errno != EINTR) break;
    if (polled[1].revents) {
      uint64_t count;
      static_cast<void>(read(wakeFd_, &count, sizeof count));
    }
    if (polled[2].revents) printed_.read(false);
    if (polled[3].revents & POLLOUT) {
      MutexLock lock(mutex_);
      if (!writeSome()) break;
    }
    if (broken_) break;
    if (polled[0].revents == 0) continue;
    if (!beginReading()) {
      std::this_thread::yield();  // somebody else has it in a moment
      continue;
    }
    const bool goesOn = readSome() && (side_ == Side::server || readWhileItComes());
    endReading();
    if (!goesOn) break;
  }
  // Who reads meanwhile is done soon: it finds the end as well.
  while (!beginReading()) std::this_thread::yield();
  printed_.read(true);
  std::string why;
  {
    MutexLock lock(mutex_);
    broken_ = true;
    why = why_;
  }
  closed_(std::move(why));
}

// What comes, and the descriptors that come with it: each before or with the first byte of its header.
ssize_t FrameSocket::receiveWithDescriptors(char* into, size_t size) {
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))];
  iovec part{into, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(fd_, &message, MSG_CMSG_CLOEXEC);
  if (got < 0 || message.msg_controllen == 0) return got;
  for (cmsghdr* with = CMSG_FIRSTHDR(&message); with; with = CMSG_NXTHDR(&message, with)) {
    if (with->cmsg_level != SOL_SOCKET || with->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at + CMSG_LEN(sizeof(int)) <= with->cmsg_len; at += sizeof(int)) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(with) + at, sizeof descriptor);
      descriptors_.emplace_back(descriptor);
    }
  }
  hasTooMany_ = hasTooMany_ || (message.msg_flags & MSG_CTRUNC) != 0 || descriptors_.size() > kMostDescriptors;
  return got;
}

ssize_t FrameSocket::receive(char* into, size_t size) {
  if (aheadBegin_ == aheadEnd_) {
    if (drained_) {
      drained_ = false;
      errno = EAGAIN;
      return -1;
    }
    if (size >= ahead_.size()) return receiveWithDescriptors(into, size);
    const ssize_t got = receiveWithDescriptors(ahead_.data(), ahead_.size());
    if (got <= 0) return got;
    aheadBegin_ = 0;
    aheadEnd_ = static_cast<size_t>(got);
    // There is hardly more; if there is, the next poll says so at once.
    drained_ = aheadEnd_ < ahead_.size();
  }
  const size_t given = std::min(size, aheadEnd_ - aheadBegin_);
  std::memcpy(into, ahead_.data() + aheadBegin_, given);
  aheadBegin_ += given;
  return static_cast<ssize_t>(given);
}

// Reads what there is; false at the end of the connection.
bool FrameSocket::readSome() {
  while (true) {
    char* into = inBody_ ? reinterpret_cast<char*>(body_.data()) : reinterpret_cast<char*>(&header_);
    size_t want = inBody_ ? header_.bodyWords * sizeof(uint64_t) : sizeof header_;
    ssize_t got = haveBytes_ < want ? receive(into + haveBytes_, want - haveBytes_) : 0;
    if (haveBytes_ < want) {
      if (got < 0 && wouldBlock()) return true;
      if (got <= 0) return false;
      haveBytes_ += static_cast<size_t>(got);
      if (haveBytes_ < want) continue;
    }
    haveBytes_ = 0;
    if (inBody_) {
      frameIsThere(body_);
      inBody_ = false;
    } else if (!headerIsThere()) {
      return false;
    }
    if (broken_) return false;
  }
}

void FrameSocket::refuse(const char* why) {
  MutexLock lock(mutex_);
  why_ = why;
  broken_ = true;
}

// False where it is none. A large frame is whole with its header.
bool FrameSocket::headerIsThere() {
  const bool hasStream = (header_.place & kWithStream) != 0;
  header_.place &= ~kWithStream;
  if (header_.magic != kFrameMagic || header_.bodyWords > mostWords_ || hasTooMany_) {
    refuse("it sent what is no frame");
    return false;
  }
  if (header_.place == kBehindHeader) {
    if (hasStream && !streamIsThere()) return false;
    body_.resize(header_.bodyWords);
    inBody_ = true;
    return true;
  }
  const bool inSlot = header_.place == kInSlot;
  const SharedMemory sealed = inSlot ? SharedMemory() : receivedBody();
  if (inSlot && side_ == Side::plugin && !theirSlot_) theirSlot_ = receivedBody();
  const SharedMemory& memory = inSlot ? theirSlot_ : sealed;
  if (!memory || header_.bodyWords > memory.words().size()) {
    refuse("it sent a large frame in memory that is not sealed, or not as large as it says");
    return false;
  }
  if (hasStream && !streamIsThere()) return false;
  frameIsThere(memory.words().first(header_.bodyWords));
  if (inSlot && !broken_) send(encodeFrame({.type = FrameType::slotRead}));
  return true;
}

bool FrameSocket::streamIsThere() {
  const FrameType bringer = side_ == Side::server ? FrameType::request : FrameType::call;
  if (header_.type != bringer || descriptors_.empty() || !isStreamEnd(descriptors_.front().get())) {
    refuse("it sent a stream that is none");
    return false;
  }
  stream_ = std::make_shared<const Fd>(std::move(descriptors_.front()));
  descriptors_.pop_front();
  return true;
}

// What the descriptor that comes next is of.
SharedMemory FrameSocket::receivedBody() {
  if (descriptors_.empty()) return {};
  const Fd fd = std::move(descriptors_.front());
  descriptors_.pop_front();
  if (side_ == Side::plugin) return SharedMemory::ofSlot(fd);
  return header_.place == kInSealedMemory ? SharedMemory::ofSealed(fd, header_.bodyWords) : SharedMemory();
}

void FrameSocket::frameIsThere(std::span<const uint64_t> body) {
  ++frames_;
  auto frame = decodeFrame(header_, body);
  if (!frame) return refuse("it sent a malformed frame");
  if (frame->header.type == FrameType::slotRead) {
    MutexLock lock(mutex_);
    slotIsFree_ = true;
    return;
  }
  frame->stream = std::exchange(stream_, nullptr);
  frame->payload.objects = frame->objects.data();
  frame->payload.object_count = frame->objects.size();
  received_(*frame);
  if (body_.capacity() > kKeepBodyWords) body_ = {};
}

}  // namespace cleat::host
