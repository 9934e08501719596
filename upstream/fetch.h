// SPDX-License-Identifier: Apache-2.0
// A Fetch brings one missing blob into the store for all clients that ask for it, as far as they ask: wanted is the
// union of their ranges, in blocks.  It belongs to none of them (FetchMembers); the bytes come by FetchTransfers and go
// to the disk by a BlobFiller.  What has come stays for the next fetch; when all of the blob is there it is verified
// and published.  Lives on the fetch loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "upstream/blob_filler.h"
#include "upstream/fetch_context.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_members.h"
#include "upstream/fetch_transfers.h"
#include "upstream/piece_digests.h"
#include "upstream/provenance.h"

namespace weir::upstream {

class Fetch : private TransfersOwner, private FillerOwner {
 public:
  Fetch(FetchContext context, const Sha256& digest, uint64_t size);
  ~Fetch() override;

  void open();
  void add(std::shared_ptr<FetchMember> member, const JoinRequest& request);
  void leave(const std::shared_ptr<FetchMember>& member);
  void on_turn();
  // It takes no further member: what was received is being written, and then it is removed.
  bool is_ending() const { return stage_ == Stage::ended || after_writing_.has_value(); }

  const Sha256& digest() const { return progress_->digest(); }
  uint64_t size() const { return progress_->size(); }
  std::shared_ptr<const FetchProgress> progress() const { return progress_; }

 private:
  enum class Stage {
    opening,
    open,    // transfers as it is wanted
    queued,  // for its turn to transfer
    committing,
    ended,
  };

  // TransfersOwner
  PlanNeeds needs() override;
  bool has_room() const override { return filler_.has_room(); }
  bool reserve(ByteRange range) override;
  void on_bytes(SourceId source, uint64_t offset, std::string_view bytes) override;
  void on_version(std::string version) override { filler_.set_version(std::move(version)); }
  void on_change() override;
  void on_gave_up(FetchFailure failure) override {
    if (!turn_to_the_suspects()) fail(std::move(failure));
  }
  void on_origin_changed(FetchFailure failure) override;

  // FillerOwner
  bool expects_bytes() const override { return !transfers_.is_idle(); }
  bool may_commit() const override;
  void on_opened(Result<void> opened) override;
  void on_reserved(Result<void> reserved) override;
  void on_trusted(ByteRange range, const std::vector<ByteRange>& contradicted) override;
  void on_forgotten() override { on_change(); }
  void on_written() override;
  void on_settled() override;
  void on_committing() override;
  void on_committed(Result<std::shared_ptr<const cas::Blob>> blob) override;
  // The clients go on without the store, if it is that which failed.
  void on_store_failed(const Error& error) override;

  void place(const std::shared_ptr<FetchMember>& member);
  void work();
  bool lacks_anything();
  std::vector<PlanWant> wants();
  void release_unwanted();
  void end_if_unwanted();

  // The search for who lied, in fetch_doubt.cpp.
  void doubt(const Error& error);
  void look_for_the_liar();
  void replace(SourceId suspect);
  bool turn_to_the_suspects();
  void blame(SourceId liar);
  void compare_suspects(const std::shared_ptr<const cas::Blob>& blob);

  void fail(FetchFailure failure);
  void end();
  std::string senders() const;
  std::string shares() const;
  std::string named() const { return "the fetch of " + digest().hex(); }

  FetchContext context_;
  std::shared_ptr<FetchProgress> progress_;
  FetchMembers members_;
  BlobFiller filler_;
  FetchTransfers transfers_;
  Stage stage_ = Stage::opening;
  bool has_turn_ = false;
  std::map<SourceId, uint64_t> given_;  // bytes of each source
  bool begun_ = false;                  // it had its first turn

  // The digest was wrong, and untrusted bytes may be why: there is no commit before one of them has changed or all are
  // trusted.
  using Doubt = PlanNeeds::Doubt;
  Doubt doubt_ = Doubt::no;
  Provenance provenance_;
  // One whose bytes were given up on a suspicion, with what they were.
  struct Suspect {
    SourceId source;
    std::vector<PieceDigest> pieces;
  };
  std::vector<Suspect> suspects_;
  bool turned_ = false;  // to them, when the others could not give all
  DiskTask digesting_;
  bool is_digesting_ = false;
  bool replan_ = false;  // once what was written is told

  std::optional<FetchFailure> after_writing_;  // to fail with, once what was received is written
};

}  // namespace weir::upstream
