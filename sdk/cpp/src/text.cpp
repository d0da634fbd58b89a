#include <cleat/sdk/status.h>
#include <cleat/sdk/text.h>

namespace cleat {

void appendTo(std::string& out, const Status& status) { out += status.message; }

void appendTo(std::string& out, double value) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace cleat
