// SPDX-License-Identifier: Apache-2.0
#include "cli/ca_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "certs/openssl_support.h"

namespace weir::cli {

std::string fingerprint_text(const Sha256& fingerprint) {
  std::string text;
  for (auto byte : fingerprint.bytes) text += fmt::format("{}{:02X}", text.empty() ? "" : ":", byte);
  return text;
}

std::string ca_text(const certs::CertificateAuthority& authority, const std::filesystem::path& file, WallTime now) {
  auto days = std::chrono::floor<std::chrono::days>(authority.not_after() - now).count();
  auto out = fmt::format("CA          {}, {}\n", certs::subject_of(authority.certificate()),
                         authority.is_companys() ? "of the company whose CA signs" : "made by Weir");
  out += fmt::format("file        {}\n", file.string());
  out += fmt::format("SHA-256     {}\n", fingerprint_text(authority.fingerprint()));
  out += fmt::format("signs for   {}, and everything under them\n", fmt::join(authority.permitted(), ", "));
  out += fmt::format("valid       {} to {}, {} days from now\n", certs::date_of(authority.not_before()),
                     certs::date_of(authority.not_after()), days);
  for (const auto& warning : authority.warnings(now)) out += fmt::format("warning     {}\n", warning);
  return out;
}

}  // namespace weir::cli
