// The forms that iSCSI names have: "iqn.2001-04.com.example:disk", "eui.0123456789ABCDEF", "naa." and 32 digits.
#pragma once

#include <string_view>

namespace cleat::kinds {

// Whether it says which of the forms it has.
bool hasIscsiPrefix(std::string_view name);
// Whether it has that form.
bool isIscsiName(std::string_view name);

}  // namespace cleat::kinds
