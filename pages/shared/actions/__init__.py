"""All that changes something: jobs, data sets, runs, networks. Each function asks whether this visitor may.

A button that is not drawn is no guard: it may have been drawn when the visitor still had the right, and a browser
sends what it likes. So nothing else in pages/ changes anything (tests/security/test_forged_messages.py reads the code
for it). Pages import this package and name none of its modules.
"""

from pages.shared.actions.accounts import leave_behind, take_along
from pages.shared.actions.additions import MOST_ADDED, add_to_dataset, add_uploads, check_number_added
from pages.shared.actions.corrections import (
    keep_issues,
    keep_labels,
    may_correct,
    plan_corrections,
    retrain,
    show_kept_issues,
    take_back,
)
from pages.shared.actions.dataset_edits import (
    Edited,
    bring_back,
    delete_class,
    delete_photos,
    go_to,
    leave_out,
    merge_classes,
    move_to_part,
    redo,
    relabel,
    relabel_each,
    rename_class,
    reorder_classes,
    rotate,
    set_groups,
    split_off,
    undo,
)
from pages.shared.actions.guard import REFUSED, is_maker, refusals_kept
from pages.shared.actions.jobs import (
    analyse,
    check,
    combine,
    go_first,
    leave_line,
    restart,
    resume,
    skip_tests,
    stop,
    takes_more,
)
from pages.shared.actions.managing import delete, delete_visitor, rename, restore, stop_sharing
from pages.shared.actions.networks import add_network, dismiss_network, keep_network
from pages.shared.actions.new_photos import (
    delete_new_photos,
    predict_many,
    replace_new_photos,
    retry_new_photos,
    test_on_photos,
)

__all__ = [
    "MOST_ADDED",
    "REFUSED",
    "Edited",
    "add_network",
    "add_to_dataset",
    "add_uploads",
    "analyse",
    "bring_back",
    "check",
    "check_number_added",
    "combine",
    "delete",
    "delete_class",
    "delete_new_photos",
    "delete_photos",
    "delete_visitor",
    "dismiss_network",
    "go_first",
    "go_to",
    "is_maker",
    "keep_issues",
    "keep_labels",
    "keep_network",
    "leave_behind",
    "leave_line",
    "leave_out",
    "may_correct",
    "merge_classes",
    "move_to_part",
    "plan_corrections",
    "predict_many",
    "redo",
    "refusals_kept",
    "relabel",
    "relabel_each",
    "rename",
    "rename_class",
    "reorder_classes",
    "replace_new_photos",
    "restart",
    "restore",
    "resume",
    "retrain",
    "retry_new_photos",
    "rotate",
    "set_groups",
    "show_kept_issues",
    "skip_tests",
    "split_off",
    "stop",
    "stop_sharing",
    "take_along",
    "take_back",
    "takes_more",
    "test_on_photos",
    "undo",
]
