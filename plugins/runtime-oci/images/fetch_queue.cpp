#include "images/fetch_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace cleat::runtime {
namespace {

FetchSettings withCancel(FetchSettings settings, const Fd& cancel) {
  if (!cancel) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  settings.cancelFd = cancel.get();
  return settings;
}

}  // namespace

FetchQueue::FetchQueue(Context& context, ImageStore& store, FetchSettings settings)
    : context_(context), cancel_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      fetcher_(store, withCancel(std::move(settings), cancel_)) {}

Task<Result<Image>> FetchQueue::onThread(Work work) {
  if (threads_.size() >= kAtATime) {
    Completion<bool> turn;
    waiting_.push_back(turn);
    co_await turn;
  }
  Completion<Result<Image>> done;
  auto thread = threads_.emplace(threads_.end());
  *thread = std::thread([this, thread, done, work = std::move(work)]() mutable {
    Result<Image> result = fail(Status::internal("the transfer failed"));
    try {
      result = work();
    } catch (const std::exception& error) {
      result = fail(Status::internal(error.what()));
    }
    context_.post([this, thread, done, result]() mutable {
      ended(thread);
      done.complete(std::move(result));
    });
  });
  co_return co_await done;
}

void FetchQueue::ended(std::list<std::thread>::iterator thread) {
  // It has nothing left to do.
  thread->join();
  threads_.erase(thread);
  if (waiting_.empty()) return;
  Completion<bool> next = std::move(waiting_.front());
  waiting_.pop_front();
  next.complete(true);
}

void FetchQueue::stop() {
  uint64_t one = 1;
  ssize_t written = write(cancel_.get(), &one, sizeof one);
  (void)written;
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

Task<Result<Image>> FetchQueue::pull(std::string name, RegistryCredential credential) {
  Work work = [this, name, credential] { return fetcher_.pull(name, credential); };
  return onThread(std::move(work));
}

Task<Result<Image>> FetchQueue::import(std::string path, std::string name) {
  Work work = [this, path, name] { return fetcher_.import(path, name); };
  return onThread(std::move(work));
}

}  // namespace cleat::runtime
