// SPDX-License-Identifier: Apache-2.0
// The part of Fetch that finds out who lied.  Where a trusted source can be asked it brings again what untrusted ones
// sent, until the first byte that differs: whose that was is blamed, and all that it sent is fetched from the others.
// Without a trusted one, the untrusted ones are replaced one by one; whose bytes turn out to have been others than
// those of the right file is blamed in the end.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "upstream/byte_ranges.h"
#include "upstream/fetch.h"

namespace weir::upstream {

bool Fetch::may_commit() const {
  return stage_ == Stage::open && !is_digesting_ && (doubt_ == Doubt::no || !filler_.has_untrusted());
}

void Fetch::doubt(const Error& error) {
  log::warning("{}: {}; looking for who sent wrong bytes", named(), error.message);
  stage_ = Stage::open;
  doubt_ = Doubt::yes;
  on_change();
}

void Fetch::on_trusted(ByteRange range, const std::vector<ByteRange>& contradicted) {
  for (const auto& wrong : contradicted) {
    // What stands between its first and its last byte may be right.
    auto liars = provenance_.senders({wrong.begin, wrong.begin + 1});
    for (auto liar : provenance_.senders({wrong.end - 1, wrong.end}))
      if (std::find(liars.begin(), liars.end(), liar) == liars.end()) liars.push_back(liar);
    for (auto liar : liars) blame(liar);
    // A former run left them: none of the others is to be believed.
    if (liars.empty()) filler_.forget(provenance_.unknown(filler_.untrusted({0, size()})));
    doubt_ = Doubt::no;
    replan_ = true;
  }
  provenance_.settle(range);
}

void Fetch::look_for_the_liar() {
  if (is_digesting_ || !filler_.partial() || stage_ != Stage::open) return;
  auto unknown = provenance_.unknown(filler_.untrusted({0, size()}));
  auto senders = provenance_.senders();
  if (!unknown.empty()) {
    doubt_ = Doubt::no;
    return filler_.forget(unknown);
  }
  if (senders.empty()) return;
  // All else is trusted.
  if (senders.size() == 1) return blame(senders.front());
  auto sent = [this](SourceId source) { return total_size(provenance_.of(source)); };
  replace(*std::max_element(senders.begin(), senders.end(), [&](auto a, auto b) { return sent(a) < sent(b); }));
}

// Gives up what the suspect sent, and has the others bring it.
void Fetch::replace(SourceId suspect) {
  is_digesting_ = true;
  auto ranges = provenance_.of(suspect);
  using Digests = Result<std::vector<PieceDigest>>;
  digesting_ = context_.pool.submit<Digests>(
      context_.loop, [partial = filler_.partial(), ranges] { return digest_pieces(partial->fd(), ranges); },
      [this, suspect, ranges](Digests digests) {
        is_digesting_ = false;
        if (is_ending()) return;
        if (!digests) return on_store_failed(digests.error());
        suspects_.push_back({suspect, std::move(*digests)});
        transfers_.leave_out(suspect, "Its bytes may be wrong.");
        for (const auto& range : ranges) provenance_.settle(range);
        doubt_ = Doubt::no;
        filler_.forget(ranges);
      });
}

// Those that are left cannot give all, and may be the ones that lied.  Once: then there is nobody else to ask.
bool Fetch::turn_to_the_suspects() {
  auto senders = provenance_.senders();
  if (suspects_.empty() || senders.empty() || std::exchange(turned_, true)) return false;
  for (auto sender : senders) {
    auto ranges = provenance_.of(sender);
    transfers_.leave_out(sender, "Its bytes may be wrong.");
    for (const auto& range : ranges) provenance_.settle(range);
    filler_.forget(ranges);
  }
  for (const auto& suspect : std::exchange(suspects_, {})) transfers_.readmit(suspect.source);
  return true;
}

// It is out for this blob; who was suspected meanwhile is not any more.
void Fetch::blame(SourceId liar) {
  transfers_.sources().at(liar).blame(digest(), monotonic_now());
  transfers_.leave_out(liar, "It sent wrong bytes of this file.");
  auto ranges = provenance_.of(liar);
  for (const auto& range : ranges) provenance_.settle(range);
  for (const auto& suspect : std::exchange(suspects_, {}))
    if (suspect.source != liar) transfers_.readmit(suspect.source);
  doubt_ = Doubt::no;
  replan_ = true;
  filler_.forget(ranges);
}

// The file is right: those whose bytes were others have lied.
void Fetch::compare_suspects(const std::shared_ptr<const cas::Blob>& blob) {
  for (auto& suspect : std::exchange(suspects_, {})) {
    auto source = transfers_.sources().shared(suspect.source);
    context_.pool.submit([file = blob->file(), source, digest = digest(), pieces = std::move(suspect.pieces)] {
      std::vector<ByteRange> ranges;
      for (const auto& piece : pieces) ranges.push_back(piece.range);
      auto right = digest_pieces(file->fd(), ranges);
      if (right && *right != pieces) source->blame(digest, monotonic_now());
    });
  }
}

}  // namespace weir::upstream
