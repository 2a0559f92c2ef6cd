#!/usr/bin/env python3
"""Writes small tables, and what pandas makes of them, for the tests of preprocessing.

    python Scripts/make_table_fixtures.py

Needs: pip install pandas==3.1.1 numpy

The preprocessing is that of the chapter on house prices of Dive into Deep Learning, but fitted to training rows alone:
numbers standardised by their mean and the sample's deviation, missing ones 0; categories by get_dummies(dummy_na=True).
"""

import json
import os

import numpy as np
import pandas as pd

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Tests/DenseNetDataTests/Fixtures/tables")

TRAIN = '''Id,Area,Frontage,Zone,Alley,Quality,Mixed,Finished,Remark,Big,Price
1,8450,65.5,RL,NA,5,12,True,"plain, with a comma",1e3,208500
2,9600,,RM,Pave,6,A4,False,"two
lines",2.5e-1,181500
3, 11250 ,68,RL,,7,12,True,"a ""quote""",-.5,223500
4,9550,60,C (all),NA,7,3,True,plain,+7,140000
5,14260,NaN,RL,Grvl,8,A4,False,plain,1E+2,250000
6,14115,85,RL,NA,5,,True,plain,12.,143000
7,10084,75,RM,NA,8,12,True,價格,0,307000
8,10382,n/a,RL,Pave,7,B,False,plain,0.125,200000
9,6120,51,RM,NA,7,3,True,zone,-1e-3,129900
10,7420,50,RL,NA,5,3,False,Zone,4,118000
'''

# Columns in another order, one more of them, categories that training rows do not have, and missing values.
TEST = '''Remark,Id,Area,Extra,Zone,Frontage,Finished,Mixed,Alley,Quality,Big
plain,11,11622,x,RH,80,True,12,NA,5,1
,12,,x,RL,81,False,C,Pave,NA,-2
new,13,13830,,NA,74.25,Maybe,,Dirt,6,3e2
'''


def read(text):
    """As read_csv, but with truth values as texts, since get_dummies would leave them alone."""
    path = os.path.join(FOLDER, "scratch.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    table = pd.read_csv(path, dtype={"Finished": "str"})
    os.remove(path)
    return table


def encode(train, rows, tables):
    """The encodings of `tables`, fitted to `rows` of `train`."""
    fitted = train.iloc[rows]
    numeric = [c for c in train if pd.api.types.is_numeric_dtype(train[c])]
    texts = [c for c in train if c not in numeric]
    mean, deviation = fitted[numeric].mean(), fitted[numeric].std()
    categories = {c: sorted(fitted[c].dropna().unique()) for c in texts}
    encoded = []
    for table in tables:
        numbers = ((table[numeric] - mean) / deviation).fillna(0)
        known = pd.DataFrame(
            {c: pd.Categorical(table[c].where(table[c].isin(categories[c])), categories[c]) for c in texts}
        )
        encoded.append(pd.concat([numbers, pd.get_dummies(known, dummy_na=True).astype(float)], axis=1))
    return encoded


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name, text in (("train", TRAIN), ("test", TEST)):
        with open(os.path.join(FOLDER, f"{name}.csv"), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    train, test = read(TRAIN), read(TEST)
    features = train.drop(columns=["Id", "Price"])
    cases = []
    for rows in (list(range(10)), [0, 2, 3, 4, 7, 9]):
        of_train, of_test = encode(features, rows, [features, test[features.columns]])
        cases.append(
            {
                "rows": rows,
                "names": list(of_train.columns),
                "train": of_train.to_numpy(np.float64).tolist(),
                "test": of_test.to_numpy(np.float64).tolist(),
            }
        )
    with open(os.path.join(FOLDER, "encoded.json"), "w", encoding="utf-8") as file:
        json.dump({"pandas": pd.__version__, "cases": cases}, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
