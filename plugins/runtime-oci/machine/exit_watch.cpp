#include "machine/exit_watch.h"

#include "machine/namespaces.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace cleat::runtime {

Result<void> ExitWatch::open(const std::string& exitFolder) {
  inotify_ = Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  // conmon writes a file beside and renames it.
  if (!inotify_ || inotify_add_watch(inotify_.get(), exitFolder.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
    return fail(systemError("cannot watch the folder " + exitFolder, errno));
  reactor_.post([this] { reactor_.watch(inotify_.get(), EPOLLIN, [this](uint32_t) { readInotify(); }); });
  return {};
}

void ExitWatch::readInotify() {
  alignas(inotify_event) char buffer[16384];
  ssize_t count;
  while ((count = read(inotify_.get(), buffer, sizeof buffer)) > 0)
    for (ssize_t at = 0; at < count;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += ssize_t(sizeof(inotify_event) + event->len);
      // A lost event is made good by the end of the container's monitor.
      if (event->len > 0) events_.containerEnded(event->name);
    }
}

void ExitWatch::watchMonitor(const std::string& containerId, int pid) {
  watchProcess(containerId, pid, events_.containerEnded);
}

void ExitWatch::watchPause(const std::string& sandboxId, int pid) {
  watchProcess(sandboxId, pid, events_.sandboxEnded);
}

void ExitWatch::watchProcess(const std::string& id, int pid, std::function<void(const std::string&)> ended) {
  auto process = std::make_shared<Fd>(processDescriptor(pid));
  if (*process && !isProcessWith(pid, id)) process->reset();
  reactor_.post([this, id, process, ended = std::move(ended)] {
    if (!*process) {
      ended(id);
      return;
    }
    int fd = process->get();
    if (auto before = processes_.find(id); before != processes_.end()) reactor_.forget(before->second.get());
    processes_[id] = std::move(*process);
    reactor_.watch(fd, EPOLLIN, [this, id, fd, ended](uint32_t) {
      reactor_.forget(fd);
      processes_.erase(id);
      ended(id);
    });
  });
}

void ExitWatch::forget(const std::string& id) {
  reactor_.post([this, id] {
    auto found = processes_.find(id);
    if (found == processes_.end()) return;
    reactor_.forget(found->second.get());
    processes_.erase(found);
  });
}

}  // namespace cleat::runtime
