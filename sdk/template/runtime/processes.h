// Containers as plain processes of the machine, each with a folder that says what was asked for and what has become of
// it. They outlive the plugin: whoever reads the folders knows all there is to know. Everything here blocks.
#pragma once

#include <cleat/schema/role/runtime.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/text.h>

#include <string>
#include <string_view>
#include <vector>

// A struct of a schema that was written to a file.
template <class T>
class Stored {
 public:
  explicit Stored(std::vector<uint64_t> words) : words_(std::move(words)) {}
  typename T::Reader operator*() const {
    return capnp::readMessageUnchecked<T>(reinterpret_cast<const capnp::word*>(words_.data()));
  }

 private:
  std::vector<uint64_t> words_;
};

template <class T>
cleat::Result<void> store(const std::string& file, typename T::Reader value) {
  cleat::Draft<T> copy(value);
  const cleat_words words = copy.words();
  return cleat::writeFile(file, {reinterpret_cast<const char*>(words.data), words.count * sizeof(uint64_t)});
}

template <class T>
cleat::Result<Stored<T>> load(const std::string& file) {
  CLEAT_TRY(const std::string bytes, cleat::readFile(file));
  std::vector<uint64_t> words(bytes.size() / sizeof(uint64_t));
  bytes.copy(reinterpret_cast<char*>(words.data()), words.size() * sizeof(uint64_t));
  return Stored<T>(std::move(words));
}

// When a file was written, in nanoseconds since 1970; 0: it is not there.
int64_t writtenAtNs(const std::string& file);

class Processes {
 public:
  using Config = cleat::role::ContainerConfig;
  enum class State { created, running, exited };

  // Below `root` is all that is kept; `images` has a folder for each image.
  Processes(std::string root, std::string images) : root_(std::move(root)), images_(std::move(images)) {}
  cleat::Result<void> prepare();

  std::string sandboxFolder(std::string_view id) const { return cleat::concat(root_, "/sandboxes/", id); }
  std::string folder(std::string_view id) const { return cleat::concat(root_, "/containers/", id); }
  std::vector<std::string> sandboxes() const;
  std::vector<std::string> containers() const;

  // The folder of an image: its programs are in `bin`, and `run` is what it does unless a container says otherwise.
  cleat::Result<std::string> imageFolder(std::string_view image) const;

  // Starts what the container's `config` says, and returns when it runs or has ended.
  cleat::Result<void> start(const std::string& id, const std::string& logDirectory) const;
  // The signal, and SIGKILL when the time is up; returns when it has ended.
  cleat::Result<void> stop(const std::string& id, int64_t timeoutSeconds) const;
  // What is run for the container's command, or for another one in its place.
  cleat::Result<std::vector<std::string>> commandLine(Config::Reader config, std::vector<std::string> other = {}) const;

  State stateOf(const std::string& id) const;
  int pidOf(const std::string& id) const;       // 0: none runs
  int exitCodeOf(const std::string& id) const;  // 255: nobody has seen how it ended

 private:
  std::string root_, images_;
};
