// The certificates in a PEM text, and such a text with nothing else in it: what people write around and between the
// blocks is none of a program's business that reads the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cleat::agent {

// In their order, as DER.
std::vector<std::string> certificatesIn(std::string_view pem);
std::string pemOf(const std::vector<std::string>& certificates);

}  // namespace cleat::agent
