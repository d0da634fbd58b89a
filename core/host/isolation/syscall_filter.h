// The system calls that an isolated plugin's process may make: those that an ordinary program is made of. Whatever
// looks at other processes, changes the machine or its own confinement is refused; what is unknown here does not exist
// for it.
#pragma once

namespace cleat::host {

// For this process and what it makes, for good. Of a process without new privileges. False with errno set.
bool enterSyscallFilter();

}  // namespace cleat::host
