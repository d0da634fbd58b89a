// Waits, on a thread that may block (main), for a task that runs on the executor's threads.
#pragma once

#include <cleat/sdk/task.h>

#include <chrono>
#include <future>
#include <optional>
#include <utility>

namespace cleat::app {

template <class T>
T wait(Task<T> task) {
  auto promise = std::make_shared<std::promise<T>>();
  std::future<T> future = promise->get_future();
  auto finish = [promise](T value) { promise->set_value(std::move(value)); };
  spawn(std::move(task), std::move(finish));
  return future.get();
}

// Nothing where the task takes longer; it goes on.
template <class T>
std::optional<T> waitFor(Task<T> task, std::chrono::nanoseconds most) {
  auto promise = std::make_shared<std::promise<T>>();
  std::future<T> future = promise->get_future();
  auto finish = [promise](T value) { promise->set_value(std::move(value)); };
  spawn(std::move(task), std::move(finish));
  if (future.wait_for(most) != std::future_status::ready) return std::nullopt;
  return future.get();
}

inline void wait(Task<void> task) {
  auto promise = std::make_shared<std::promise<void>>();
  std::future<void> future = promise->get_future();
  auto run = [](Task<void> inner, std::shared_ptr<std::promise<void>> done) -> Task<void> {
    co_await std::move(inner);
    done->set_value();
  };
  spawn(run(std::move(task), promise));
  future.get();
}

}  // namespace cleat::app
