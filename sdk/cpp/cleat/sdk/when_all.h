// Runs several tasks at the same time and waits for all of them:
//
//   std::vector<Task<Result<Object<Pod>>>> creations;
//   for (…) creations.push_back(client.create(…));
//   std::vector<Result<Object<Pod>>> made = co_await whenAll(std::move(creations));
//
// Results come in the order of the tasks. All on one strand, as everything in a plugin.
#pragma once

#include <cleat/sdk/task.h>

#include <memory>
#include <optional>
#include <vector>

namespace cleat {

template <class T>
Task<std::vector<T>> whenAll(std::vector<Task<T>> tasks) {
  struct Shared {
    std::vector<std::optional<T>> results;
    size_t left = 0;
    Completion<bool> done;
  };
  auto shared = std::make_shared<Shared>();
  shared->results.resize(tasks.size());
  shared->left = tasks.size();
  for (size_t i = 0; i < tasks.size(); ++i) {
    auto finish = [shared, i](T result) {
      shared->results[i].emplace(std::move(result));
      if (--shared->left == 0) shared->done.complete(true);
    };
    spawn(std::move(tasks[i]), std::move(finish));
  }
  if (!tasks.empty()) co_await shared->done;
  std::vector<T> results;
  results.reserve(shared->results.size());
  for (std::optional<T>& result : shared->results) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace cleat
