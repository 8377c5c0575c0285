"""Which raw file of Synthea belongs to which entity."""

FILES = {
    "patient": "patients.csv",
    "encounter": "encounters.csv",
    "condition": "conditions.csv",
    "medication": "medications.csv",
    "procedure": "procedures.csv",
    "observation": "observations.csv",
    "immunization": "immunizations.csv",
    "allergy": "allergies.csv",
    "careplan": "careplans.csv",
    "device": "devices.csv",
    "imaging_study": "imaging_studies.csv",
    "supply": "supplies.csv",
    "claim": "claims.csv.gz",
    "claim_transaction": "claims_transactions.csv.gz",
    "payer_transition": "payer_transitions.csv",
    "payer": "payers.csv",
    "provider": "providers.csv",
    "organization": "organizations.csv",
}
