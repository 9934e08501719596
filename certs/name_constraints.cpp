// SPDX-License-Identifier: Apache-2.0
#include "certs/name_constraints.h"

#include <openssl/x509v3.h>

#include <algorithm>

namespace weir::certs {
namespace {

// An address and its mask (RFC 5280): 8 bytes for IPv4, 32 for IPv6.
constexpr size_t kIpv4SubtreeBytes = 8;
constexpr size_t kIpv6SubtreeBytes = 32;

struct FreeConstraints {
  void operator()(NAME_CONSTRAINTS* constraints) const { NAME_CONSTRAINTS_free(constraints); }
};

std::string_view bytes_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

// The values of the subtrees of one kind (GEN_DNS, GEN_IPADD).
std::vector<std::string> subtrees_of(const STACK_OF(GENERAL_SUBTREE) * subtrees, int kind) {
  std::vector<std::string> values;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); ++i) {
    int found = -1;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_SUBTREE_value(subtrees, i)->base, &found);
    if (found == kind && value) values.emplace_back(bytes_of(static_cast<const ASN1_STRING*>(value)));
  }
  return values;
}

bool has_zeros(const std::vector<std::string>& values, size_t count) {
  return std::find(values.begin(), values.end(), std::string(count, '\0')) != values.end();
}

}  // namespace

std::string name_constraints_for(const std::vector<std::string>& names) {
  std::string value = "critical";
  for (const auto& name : names) value += ",permitted;DNS:" + name;
  return value + ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";
}

Result<std::vector<std::string>> permitted_names(const Certificate& authority) {
  int critical = 0;
  std::unique_ptr<NAME_CONSTRAINTS, FreeConstraints> constraints(
      static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(authority.get(), NID_name_constraints, &critical, nullptr)));
  if (!constraints || critical != 1) return fail(ErrorCode::invalid, "it has no critical name constraints");
  auto excluded = subtrees_of(constraints->excludedSubtrees, GEN_IPADD);
  if (!has_zeros(excluded, kIpv4SubtreeBytes) || !has_zeros(excluded, kIpv6SubtreeBytes))
    return fail(ErrorCode::invalid, "its name constraints do not exclude all IP addresses");
  auto names = subtrees_of(constraints->permittedSubtrees, GEN_DNS);
  if (names.empty()) return fail(ErrorCode::invalid, "its name constraints permit no DNS name");
  return names;
}

}  // namespace weir::certs
