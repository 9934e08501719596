// SPDX-License-Identifier: Apache-2.0
#include "cli/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/status_report.h"
#include "proxy/verify_exchange.h"

namespace weir::cli {
namespace {

constexpr uint32_t kMostParts = 100'000;

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Sample> parse_share(std::string_view text) {
  auto percent = number_in<double>(text.substr(0, text.size() - 1));
  if (!percent || !(*percent > 0 && *percent <= 100)) return std::nullopt;
  return Sample{*percent / 100, 1, 1};
}

std::optional<Sample> parse_part(std::string_view text, size_t slash) {
  auto part = number_in<uint32_t>(text.substr(0, slash));
  auto parts = number_in<uint32_t>(text.substr(slash + 1));
  if (!part || !parts || *part < 1 || *part > *parts || *parts > kMostParts) return std::nullopt;
  return Sample{1, *part, *parts};
}

// A digest is as good as random: its first bytes deal the blobs out.
uint32_t part_of(const Sha256& digest, uint32_t parts) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = (number << 8) | static_cast<unsigned char>(digest.bytes[i]);
  return static_cast<uint32_t>(number % parts) + 1;
}

// What has become of it, in words.
std::string fate_of(const Finding& finding) {
  bool kept = finding.verdict == cas::Verdict::unreadable && finding.repair.empty();
  auto fate = kept ? "the disk does not give its bytes" : "it is in quarantine";
  return finding.repair.empty() ? fate : fmt::format("{}; {}", fate, finding.repair);
}

}  // namespace

Result<Sample> parse_sample(std::string_view text) {
  auto slash = text.find('/');
  std::optional<Sample> sample;
  if (text.ends_with('%')) sample = parse_share(text);
  if (slash != std::string_view::npos) sample = parse_part(text, slash);
  if (sample) return *sample;
  return fail(ErrorCode::invalid,
              "--sample: expected a share such as 5%, or a part such as 3/20 for the third of twenty");
}

std::vector<StoredBlob> choose(std::vector<StoredBlob> blobs, const Sample& sample, std::mt19937_64& random) {
  std::erase_if(blobs, [&](const StoredBlob& blob) { return part_of(blob.digest, sample.parts) != sample.part; });
  if (sample.share >= 1) return blobs;
  std::shuffle(blobs.begin(), blobs.end(), random);
  blobs.resize(static_cast<size_t>(std::ceil(sample.share * static_cast<double>(blobs.size()))));
  std::sort(blobs.begin(), blobs.end(), [](auto& a, auto& b) { return a.digest < b.digest; });
  return blobs;
}

std::string verification_text(const Verification& verification) {
  std::string out;
  for (const auto& finding : verification.findings)
    out += fmt::format("{}  {}\n{}", proxy::name_of(finding.verdict), fate_of(finding), blob_lines(finding.blob));
  auto checked = fmt::format("{}, {}", counted(verification.blobs, "blob"), show_bytes(verification.bytes));
  if (verification.findings.empty()) return fmt::format("{}: all right\n", checked);
  auto unrepaired = [](const Finding& finding) { return finding.repair.empty(); };
  bool any = std::any_of(verification.findings.begin(), verification.findings.end(), unrepaired);
  return fmt::format("{}{}: {} not right{}\n", out, checked, verification.findings.size(),
                     any ? "; weir verify --fix downloads what it knows a name of" : "");
}

std::string verification_json(const Verification& verification) {
  nlohmann::ordered_json json;
  json["blobs"] = verification.blobs;
  json["bytes"] = verification.bytes;
  json["findings"] = nlohmann::ordered_json::array();
  for (const auto& [blob, verdict, repair] : verification.findings) {
    nlohmann::ordered_json finding = {
        {"sha256", blob.digest.hex()}, {"size", blob.size}, {"verdict", proxy::name_of(verdict)}};
    finding["repair"] = repair.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(repair);
    finding["names"] = nlohmann::ordered_json::array();
    for (const auto& name : blob.names)
      finding["names"].push_back({{"repo", name.repo}, {"revision", name.revision}, {"path", name.path}});
    json["findings"].push_back(std::move(finding));
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string progress_line(uint64_t blobs, uint64_t all_blobs, uint64_t bytes, uint64_t all_bytes) {
  return fmt::format("{} of {}, {} of {}", blobs, counted(all_blobs, "blob"), show_bytes(bytes), show_bytes(all_bytes));
}

}  // namespace weir::cli
