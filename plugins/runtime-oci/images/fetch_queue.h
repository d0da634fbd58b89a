// Pulls and imports of images as the strand asks for them: each on a thread of its own, because it may take as long as
// a network is slow, which would keep the host's pool from work that takes milliseconds. At most a few at a time.
#pragma once

#include "images/image_fetcher.h"

#include <cleat/sdk/context.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/task.h>

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <thread>

namespace cleat::runtime {

class FetchQueue {
 public:
  // Throws std::system_error when the kernel has no descriptor left for it.
  FetchQueue(Context& context, ImageStore& store, FetchSettings settings);
  ~FetchQueue() { stop(); }

  Task<Result<Image>> pull(std::string name, RegistryCredential credential);
  Task<Result<Image>> import(std::string path, std::string name);

  // Gives up what goes on, and waits for the threads.
  void stop();

 private:
  using Work = std::function<Result<Image>()>;
  Task<Result<Image>> onThread(Work work);
  void ended(std::list<std::thread>::iterator thread);

  static constexpr size_t kAtATime = 3;
  Context& context_;
  Fd cancel_;
  ImageFetcher fetcher_;
  std::list<std::thread> threads_;
  std::deque<Completion<bool>> waiting_;
};

}  // namespace cleat::runtime
