// SPDX-License-Identifier: Apache-2.0
// The shelf is objects/ with its catalogue and the quarantine beside it.  publish() is the only function that puts a
// file there, and callers come to it with a file that they have hashed.  Safe from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "cas/blob.h"
#include "cas/catalog.h"
#include "cas/layout.h"
#include "cas/quarantine.h"

namespace weir::cas {

class Shelf {
 public:
  static Result<std::unique_ptr<Shelf>> open(const Layout& layout, const Quarantine::Limits& limits);

  const Layout& layout() const { return layout_; }
  Catalog& catalog() { return *catalog_; }
  const Catalog& catalog() const { return *catalog_; }
  const Quarantine& quarantined() const { return *quarantine_; }

  // A verified blob whose file is as it was at publication; nothing when there is none.  A file that was changed is
  // trusted no more and answers nothing.  Costs an open and an fstat.  Errors: io.
  Result<std::optional<std::shared_ptr<const Blob>>> open_blob(const Sha256& digest);

  // Blocking.  Gives the file named `from` its final name and makes that durable.  The caller has verified size and
  // digest. Where a verified blob of the same digest stands already, `from` is removed and that one is the answer.
  Result<std::shared_ptr<const Blob>> publish(std::shared_ptr<const BlobFile> file, const std::filesystem::path& from);

  // Blocking.  Hashes what stands under the digest's name: right bytes are trusted from now on, wrong ones are
  // quarantined. Returns whether a verified blob stands there.  Errors: io, cancelled when `stop` was set.
  Result<bool> verify(const Sha256& digest, const std::atomic<bool>* stop = nullptr);

  // Blocking.  Moves an object that is not verified back to partial/, where it is hashed like any resumed partial blob;
  // one of more than `size_at_most` bytes, or that is no plain file, is quarantined.  A partial blob that stood there
  // makes room.  A verified object is left alone.
  Result<void> take_down_unverified(const Sha256& digest, uint64_t size_at_most);

  // Blocking.  Moves a file to the quarantine.
  Result<void> quarantine(const std::filesystem::path& path, const Sha256& digest);

 private:
  explicit Shelf(const Layout& layout) : layout_(layout) {}
  Result<bool> place(const BlobFile& file, const std::filesystem::path& from);
  Result<void> make_durable(const BlobFile& file, const std::filesystem::path& from);
  Result<bool> stands_there(const Sha256& digest, const FileStamp& stamp);

  Layout layout_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Quarantine> quarantine_;
  std::mutex placing_;  // over a change of name in objects/ and of its entry in the catalogue
};

}  // namespace weir::cas
