// Descriptors on their way to another process, with bytes of a socket.
#pragma once

#include <sys/types.h>

#include <span>

namespace cleat::host {

inline constexpr size_t kMostDescriptorsSent = 2;

// As ::send, with these descriptors, which stay ours as well: at most so many, and at least one.
ssize_t sendWithDescriptors(int socket, const char* bytes, size_t size, std::span<const int> descriptors);

// Whether it is what the end of a call's stream is: a stream socket of this machine that has another end. What a
// plugin's process sends instead goes to nobody.
bool isStreamEnd(int descriptor);

}  // namespace cleat::host
