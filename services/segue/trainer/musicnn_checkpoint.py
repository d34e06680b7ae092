"""Read the published MusiCNN weights; run by an interpreter that has TensorFlow, not by ours.

    python musicnn_checkpoint.py UNPACKED_WHEEL PATCHES.npy OUTPUT

For each network, ``OUTPUT/<network>.npz`` gets every variable by its name, and under
``probabilities`` what the original graph computes of the tags of the patches.
"""

import sys
import types
from pathlib import Path

import numpy as np
import tensorflow as tf

NETWORKS = ("MSD_musicnn", "MTT_musicnn")


def main(wheel: Path, patches_file: Path, output: Path) -> None:
    """Write what is named above."""
    # The package imports librosa and an old numpy; its definition of the graph needs neither.
    package = types.ModuleType("musicnn")
    package.__path__ = [str(wheel / "musicnn")]
    sys.modules["musicnn"] = package
    from musicnn import models

    tf.compat.v1.disable_eager_execution()
    patches = np.load(patches_file)
    for name in NETWORKS:
        tf.compat.v1.reset_default_graph()
        # Variables were saved without a scope: a name scope keeps them so.
        with tf.name_scope("model"):
            given = tf.compat.v1.placeholder(tf.float32, [None, *patches.shape[1:]])
            training = tf.compat.v1.placeholder(tf.bool)
            logits = models.define_model(given, training, name, 50)[0]
            tags = tf.nn.sigmoid(logits)
        with tf.compat.v1.Session() as session:
            tf.compat.v1.train.Saver().restore(session, f"{wheel}/musicnn/{name}/")
            variables = tf.compat.v1.global_variables()
            weights = dict(
                zip([one.name for one in variables], session.run(variables), strict=True)
            )
            probabilities = session.run(tags, {given: patches, training: False})
        np.savez(output / f"{name}.npz", probabilities=probabilities, **weights)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
