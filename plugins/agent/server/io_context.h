// What is behind IoThread: for the few sources that use Asio themselves.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <mutex>
#include <thread>

#include "server/io_thread.h"

namespace cleat::agent {

struct IoThread::Impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  std::mutex mutex;  // guards the two below
  std::thread thread;
  bool stopped = false;
};

}  // namespace cleat::agent
