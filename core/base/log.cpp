#include "core/base/log.h"

#include <cleat/sdk/mutex.h>
#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>

namespace cleat::base {
namespace {

constexpr size_t kLongestLine = 8192;
constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};

spdlog::level::level_enum levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: break;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::logger> makeLogger(spdlog::sink_ptr sink, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("cleat", std::move(sink));
  logger->set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  logger->set_level(levelOf(level));
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// The logger, and the sink of a test. Never destroyed: what runs last at exit may still log.
struct Target {
  Mutex mutex;
  std::shared_ptr<spdlog::logger> logger CLEAT_GUARDED_BY(mutex) =
      makeLogger(std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(), LogLevel::info);
  LogCapture::Sink capture CLEAT_GUARDED_BY(mutex);
  std::atomic<bool> captured = false;
};

Target& target() {
  static auto* made = new Target;
  return *made;
}

void appendEscaped(std::string& out, std::string_view text) {
  for (unsigned char c : text) {
    if (out.size() >= kLongestLine) {
      out += "…";
      return;
    }
    if (c >= 0x20 && c != 0x7f) {
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += ' ';
    } else {
      char code[5];
      std::snprintf(code, sizeof code, "\\x%02x", c);
      out += code;
    }
  }
}

int openPrivate(const std::string& file) { return open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); }

using RotatingFile = spdlog::sinks::rotating_file_sink_mt;

}  // namespace

bool startLog(LogOptions options) {
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  } else {
    int file = openPrivate(options.file);
    if (file < 0) return false;
    close(file);
    spdlog::file_event_handlers handlers;
    handlers.before_open = [](const spdlog::filename_t& name) {
      if (int fresh = openPrivate(name); fresh >= 0) close(fresh);
    };
    try {
      sink = std::make_shared<RotatingFile>(options.file, static_cast<size_t>(options.maxBytes),
                                            static_cast<size_t>(options.maxFiles), false, handlers);
    } catch (const spdlog::spdlog_ex&) {
      return false;
    }
  }
  auto logger = makeLogger(std::move(sink), options.level);
  MutexLock lock(target().mutex);
  target().logger = std::move(logger);
  return true;
}

void setLogLevel(LogLevel level) {
  MutexLock lock(target().mutex);
  target().logger->set_level(levelOf(level));
}

std::optional<LogLevel> logLevelNamed(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i + 1);
  }
  return std::nullopt;
}

std::string_view logLevelName(LogLevel level) { return kNames[static_cast<size_t>(level) - 1]; }

bool logs(LogLevel level) {
  if (target().captured) return true;
  MutexLock lock(target().mutex);
  return target().logger->should_log(levelOf(level));
}

void log(LogLevel level, std::string_view component, std::string_view text) {
  std::shared_ptr<spdlog::logger> logger;
  {
    MutexLock lock(target().mutex);
    if (target().captured) return target().capture(level, component, text);
    logger = target().logger;
  }
  if (!logger->should_log(levelOf(level))) return;
  std::string line(logLevelName(level));
  line.resize(6, ' ');
  line += component;
  line += ": ";
  appendEscaped(line, text);
  logger->log(levelOf(level), spdlog::string_view_t(line.data(), line.size()));
}

LogCapture::LogCapture(Sink sink) {
  MutexLock lock(target().mutex);
  target().capture = std::move(sink);
  target().captured = true;
}

LogCapture::~LogCapture() {
  MutexLock lock(target().mutex);
  target().captured = false;
  target().capture = nullptr;
}

}  // namespace cleat::base
